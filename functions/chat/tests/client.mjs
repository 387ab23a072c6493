/**
 * A client of the chat route that notes what arrives and when.
 */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * @typedef {{id: number, event: string, data: any, at: number}} Event `at` in milliseconds since the request.
 * @typedef {{status: number, headers: Headers, events: Event[], comments: number, body?: any, ended: Promise<void>,
 *   leave: () => void, arrived: (event: string, count?: number) => Promise<void>, text: () => string}} Stream
 */

/** @param {{url: string, key: string}} target */
export function client({ url, key }) {
  const headers = { "x-api-key": key, "content-type": "application/json" };

  /** @returns {Promise<{status: number, headers: Headers, body: any}>} */
  async function call(method, path, body) {
    const response = await fetch(url + path, { method, headers, body: body && (typeof body === "string" ? body : JSON.stringify(body)) });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  }

  /** Opens a stream. @returns {Promise<Stream>} */
  const chat = (body, more = {}) => open(`${url}/api/chat`, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(body) });

  /** Comes back to an answer. @returns {Promise<Stream>} */
  const resume = (message, lastId) =>
    open(`${url}/api/chat/${message}/stream`, { headers: { ...headers, ...(lastId === undefined ? {} : { "last-event-id": String(lastId) }) } });

  /** Says something and reads the answer to its end. @returns {Promise<Stream>} */
  async function say(body) {
    const stream = await chat(body);
    await stream.ended;
    return stream;
  }

  /** The last message of a conversation, once it is no longer streaming, and how long that took. */
  async function lastMessage(conversation, patienceMs = 0) {
    const began = performance.now();
    for (;;) {
      const { body } = await call("GET", `/api/conversations/${conversation}`);
      const message = body.messages.at(-1);
      const waited = performance.now() - began;
      if (message.status !== "streaming" || waited > patienceMs) return { ...message, waited };
      await sleep(10);
    }
  }

  return { call, chat, resume, say, lastMessage };
}

/** @returns {Promise<Stream>} */
async function open(url, options) {
  const abort = new AbortController();
  const began = performance.now();
  const response = await fetch(url, { ...options, signal: abort.signal });
  const events = [];
  const stream = { status: response.status, headers: response.headers, events, comments: 0, leave: () => abort.abort() };
  const isStream = response.headers.get("content-type") === "text/event-stream";
  const reading = isStream
    ? read(response.body, (block) => {
        const event = parse(block);
        if (event.event) events.push({ ...event, at: performance.now() - began });
        else stream.comments += 1;
      })
    : response.text().then((text) => (stream.body = text ? JSON.parse(text) : undefined));
  const ended = reading.catch((error) => {
    if (!abort.signal.aborted) throw error;
  });
  const count = (name) => events.filter(({ event }) => event === name).length;
  const arrived = async (name, wanted = 1) => {
    let isOver = false;
    const note = () => (isOver = true);
    ended.then(note, note);
    while (count(name) < wanted) {
      if (isOver) throw new Error(`the stream ended before ${wanted} ${name}: ${JSON.stringify(stream.body ?? events.at(-1))}`);
      await sleep(2);
    }
  };
  const text = () => events.filter(({ event }) => event === "delta").map(({ data }) => data.text).join("");
  return Object.assign(stream, { ended, arrived, text });
}

async function read(body, onBlock) {
  const decoder = new TextDecoder();
  let buffer = "";
  for await (const chunk of body) {
    buffer += decoder.decode(chunk, { stream: true });
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop();
    blocks.forEach(onBlock);
  }
  if (buffer !== "") throw new Error(`the stream ended in the middle of an event: ${buffer}`);
}

function parse(block) {
  const event = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return { id: Number(event.id), event: event.event, data: event.data && JSON.parse(event.data) };
}
