/**
 * Clients of streamed answers that note when each word arrives: of the model server itself, and of the chat route.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { root } from "../../dev/processes.mjs";

/**
 * @typedef {object} Heard
 * @property {number} status
 * @property {number} ttftMs From the request to the first word.
 * @property {number} totalMs From the request to the end of the answer.
 * @property {number[]} at When each word came, in milliseconds since the request.
 * @property {string} text
 * @property {{id: number, event: string, data: any}[]} events Of the chat route.
 * @property {boolean} whole Whether the end was seen.
 */

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

/** Starts the model server of the tests. @returns {Promise<{url: string, stop: () => void}>} */
export async function startModels() {
  const models = spawn(process.execPath, [join(root, "tests/mock-models/server.mjs"), "--watch-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(models.stdout, "data");
  return { url: JSON.parse(String(line)).url, stop: () => models.stdin.end() };
}

/** Asks the model server itself. @returns {Promise<Heard>} */
export function askDirectly(url, model) {
  const body = { model, stream: true, stream_options: { include_usage: true }, messages: [{ role: "user", content: "hello" }] };
  return hear(`${url}/v1/chat/completions`, { headers: { authorization: "Bearer bench" }, body }, (block, heard) => {
    const data = block.slice("data: ".length);
    if (data === "[DONE]") return (heard.whole = true);
    const word = JSON.parse(data).choices[0]?.delta?.content;
    if (word) heard.word(word);
  });
}

/** Asks through the chat route. @returns {Promise<Heard>} */
export function askThroughUs(url, key, body, onEvent = () => {}) {
  return hear(`${url}/api/chat`, { headers: { authorization: `Bearer ${key}` }, body }, chatEvents(onEvent));
}

/** Comes back to an answer. @returns {Promise<Heard>} */
export function comeBack(url, key, message, lastId) {
  const headers = { authorization: `Bearer ${key}`, "last-event-id": String(lastId) };
  return hear(`${url}/api/chat/${message}/stream`, { method: "GET", headers }, chatEvents(() => {}));
}

const chatEvents = (onEvent) => (block, heard) => {
  // In silence a comment line comes, and the next event after it.
  const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
  if (lines.length === 0) return;
  const [id, event, data] = lines.map((line) => line.slice(line.indexOf(": ") + 2));
  heard.events.push({ id: Number(id), event, data: JSON.parse(data) });
  if (event === "delta") heard.word(heard.events.at(-1).data.text);
  if (event === "done") heard.whole = true;
  onEvent(heard);
};

function hear(url, { method = "POST", headers, body }, onBlock) {
  const began = performance.now();
  const heard = { status: 0, ttftMs: NaN, totalMs: NaN, at: [], text: "", events: [], whole: false };
  const word = (text) => {
    heard.at.push(performance.now() - began);
    heard.text += text;
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) } }, (response) => {
      heard.status = response.statusCode;
      heard.leave = () => sent.destroy();
      let rest = "";
      const over = () => resolve(Object.assign(heard, { ttftMs: heard.at[0] ?? NaN }));
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        const blocks = (rest + chunk).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) onBlock(block, Object.assign(heard, { word }));
        if (heard.whole && Number.isNaN(heard.totalMs)) heard.totalMs = performance.now() - began;
      });
      response.on("end", over);
      response.on("error", over);
      response.on("close", over);
    });
    sent.on("error", (error) => (heard.status === 0 ? reject(error) : undefined));
    sent.end(body ? JSON.stringify(body) : undefined);
  });
}
