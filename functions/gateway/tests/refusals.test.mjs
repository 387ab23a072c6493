/**
 * A request that fails in an unforeseen way, or that no function can be handed, gets a problem like any other.
 *
 *   sh dev/node.sh --test functions/gateway/tests/refusals.test.mjs
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildFunctions } from "../../../dev/functions.mjs";
import { startWorkerd } from "../../../dev/workerd.mjs";

const ORIGIN = "https://app.example.com";
const GUARDS = ["referrer-policy", "strict-transport-security", "x-content-type-options", "x-frame-options"];

let dir, workerd;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-refusals-"));
  await buildFunctions({ names: ["gateway", "keys"], quiet: true });
  // The bindings of all other functions lead nowhere.
  workerd = await startWorkerd({ dir, vars: { CORS_ALLOWED_ORIGINS: ORIGIN }, only: ["gateway", "keys"] });
});

after(async () => {
  await workerd?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The answer to a request, with all that every answer has. */
async function ask(path, { id = "asked-1", ...options } = {}) {
  const response = await fetch(workerd.url + path, { ...options, headers: { origin: ORIGIN, "x-request-id": id } });
  assert.equal(response.headers.get("x-request-id"), id);
  assert.equal(response.headers.get("access-control-allow-origin"), ORIGIN);
  for (const header of GUARDS) assert.ok(response.headers.get(header), header);
  return { status: response.status, type: response.headers.get("content-type"), body: await response.json() };
}

function isProblem({ status, type, body }, expected, code, id = "asked-1") {
  assert.deepEqual([status, type], [expected, "application/problem+json"]);
  assert.deepEqual([body.status, body.code, body.request_id], [expected, code, id]);
  assert.ok(body.title && body.detail, JSON.stringify(body));
}

test("a function that cannot be reached is a problem of ours", async () => {
  for (const options of [{}, { method: "POST", body: "{}" }, { method: "DELETE" }]) {
    isProblem(await ask("/api/prompts/a", options), 500, "internal");
  }
  const { status, body } = await ask("/v1/models");
  assert.deepEqual([status, body.error.type, body.error.code], [500, "server_error", "internal"]);
});

test("a request whose head is not valid HTTP is refused before anybody asks who sent it", async () => {
  // Node's own client would not send it.
  const socket = net.connect(Number(new URL(workerd.urls.keys).port), "127.0.0.1");
  socket.end(`GET /api/keys HTTP/1.1\r\nhost: a\r\norigin: ${ORIGIN}\r\nx-request-id: asked-1\r\naccept: a\x01b\r\nconnection: close\r\n\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  const [head, body] = answer.split("\r\n\r\n");
  assert.match(head, /^HTTP\/1.1 400 /);
  for (const header of [...GUARDS, "x-request-id: asked-1", `access-control-allow-origin: ${ORIGIN}`]) {
    assert.ok(head.toLowerCase().includes(`\r\n${header}`), `${header}: ${head}`);
  }
  isProblem({ status: 400, type: "application/problem+json", body: JSON.parse(body) }, 400, "invalid_json");
});

test("the log has a line of each, with its request", () => {
  const lines = workerd.output().split("\n").filter((line) => line.includes('"asked-1"'));
  const codes = new Set(lines.map((line) => JSON.parse(line.slice(line.indexOf("{"))).code));
  assert.deepEqual(codes, new Set(["internal", "invalid_json"]));
});
