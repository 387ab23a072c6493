/**
 * The page's reader of server-sent events, wherever the network cuts them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEvents } from "../../static/public/scripts/sse.js";

async function parse(...chunks) {
  const events = [];
  for await (const event of parseEvents(chunks)) events.push(event);
  return events;
}

const stream = "\uFEFFid: 1\nevent: meta\ndata: {\"a\":1}\n\n: a comment\n\nid: 2\r\nevent: delta\r\ndata: é\r\ndata:  two\r\n\r\ndata\rid\r\rretry: 1\nevent: lost\n\ndata: cut";
const expected = [
  { event: "meta", data: '{"a":1}', id: "1" },
  { event: "delta", data: "é\n two", id: "2" },
  { event: "message", data: "", id: "" },
];

test("fields, comments, line ends and what is incomplete", async () => {
  assert.deepEqual(await parse(stream), expected);
});

test("any cut gives the same events", async () => {
  assert.deepEqual(await parse(...stream), expected);
  for (let cut = 0; cut <= stream.length; cut++) assert.deepEqual(await parse(stream.slice(0, cut), stream.slice(cut)), expected, `cut at ${cut}`);
});

test("a stream without an end of line is no event", async () => {
  assert.deepEqual(await parse("data: a"), []);
  assert.deepEqual(await parse("data: a\r", "\r"), [{ event: "message", data: "a", id: "" }]);
});
