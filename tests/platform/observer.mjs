/**
 * The server that the contract's function talks to: it answers in scripted ways and notes what reaches it.
 */
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const answers = {
  async "/echo"(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    response.setHeader("x-repeated", ["one", "two"]);
    response.end(JSON.stringify({ method: request.method, target: request.url, headers: request.headers, body }));
  },
  "/missing"(_request, response) {
    response.writeHead(404, { "content-type": "text/plain" }).end("nothing here");
  },
  "/redirect"(_request, response) {
    response.writeHead(302, { location: "/echo" }).end();
  },
  "/silent"() {},
  async "/slow"(_request, response) {
    for (let number = 0; number < 5; number++) {
      response.write(`${number}\n`);
      await sleep(100);
    }
    response.end();
  },
  "/stuck"(_request, response) {
    response.write("begun");
  },
  async "/broken"(_request, response) {
    response.writeHead(200, { "content-length": "100" });
    response.write("begun");
    await sleep(50);
    response.destroy();
  },
  "/large"(_request, response) {
    response.end("x".repeat(300_000));
  },
};

/**
 * @returns {Promise<{url: string, close: () => void, seen: (event: string, timeoutMs?: number) => Promise<number>}>}
 *   `seen` waits for an event and answers with its time: `closed:/path?query` for a connection that ended before
 *   its answer, `reported:<path>?event=…` for a report.
 */
export async function startObserver() {
  const events = new EventEmitter();
  const times = new Map();
  const note = (event) => {
    times.set(event, performance.now());
    events.emit(event);
  };
  const server = createServer((request, response) => {
    const [path] = request.url.split("?");
    response.on("close", () => response.writableFinished || note(`closed:${request.url}`));
    if (path.startsWith("/report/")) {
      note(`reported:${request.url}`);
      response.end();
    } else answers[path](request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const seen = async (event, timeoutMs = 5_000) => {
    if (!times.has(event)) await once(events, event, { signal: AbortSignal.timeout(timeoutMs) }).catch(() => {
      throw new Error(`${event} was not seen within ${timeoutMs} ms`);
    });
    return times.get(event);
  };
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close, seen };
}
