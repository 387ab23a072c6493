/**
 * A server that does what a test tells it: answers, stalls, breaks off.
 */
import { once } from "node:events";
import http from "node:http";

export const KEY = "pl_test_0123456789abcdef";

/** @typedef {{method: string, path: string, headers: http.IncomingHttpHeaders, body: any}} Received */
/** @typedef {(request: Received, response: http.ServerResponse) => unknown} Script */

/** Starts it; `scripts` are for the first requests, `otherwise` for the rest. */
export async function startServer(otherwise = answer(404, {})) {
  /** @type {Received[]} */
  const requests = [];
  /** @type {Script[]} */
  const scripts = [];
  const server = http.createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const received = { method: request.method, path: request.url, headers: request.headers, body: text && JSON.parse(text) };
    requests.push(received);
    (scripts.shift() ?? self.otherwise)(received, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  const self = { url: `http://127.0.0.1:${server.address().port}`, requests, scripts, otherwise, stop };
  return self;
}

/** @returns {Script} */
export function answer(status, body, headers = {}) {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_scripted", ...headers });
    response.end(JSON.stringify(body));
  };
}

/** @returns {Script} */
export function problem(status, code, headers = {}, more = {}) {
  const document = { type: "about:blank", title: "-", status, code, detail: `because of ${code}`, request_id: "req_problem", ...more };
  return answer(status, document, { "content-type": "application/problem+json", ...headers });
}

/** Never answers. @type {Script} */
export const stall = () => {};

/** Breaks off in the middle of the body. @type {Script} */
export const cut = (_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"half":');
  setImmediate(() => response.destroy());
};

/** Takes every event. @type {Script} */
export const takeAll = ({ body }, response) => answer(202, { accepted: body.events.length, duplicates: 0, rejected: [] })(undefined, response);

/** What resolve answers. */
export const resolved = (fields = {}) => ({
  prompt_id: "prm_1", name: "greeting", version_id: "ver_1", version_number: 1, environment: "production", revision: 7, type: "text",
  few_shot_examples: [], model_id: "offline", temperature: 0.5, max_tokens: 40, config: { top_p: 0.9 }, content_hash: "00", resolved_text: "Hello Zoë.",
  system_prompt: "Be kind.", experiment_id: null, variant: null, assignment: "pointer", missing_variables: [], ...fields,
});
