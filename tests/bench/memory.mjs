/**
 * How much memory a function has while it works: what Workers allow 128 MB of. It is the heap of JavaScript, what lies
 * beside it in buffers, and WebAssembly's own memory, which only the function knows and its log says.
 */

const LOOK_EVERY_MS = 250;

/**
 * Watches a function's heap until it is stopped.
 * @param {import("../../dev/workerd.mjs").Workerd} process A process that is inspected.
 * @param {string} name The function's, as its worker is called.
 * @returns {Promise<{stop: () => Promise<number>}>} `stop` says the most that there was, in MB.
 */
export async function watchHeap(process, name) {
  const targets = await (await fetch(`http://${process.inspector}/json/list`)).json();
  const target = targets.find((one) => JSON.stringify(one).includes(name));
  if (!target) throw new Error(`${name} is not inspected: ${JSON.stringify(targets)}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  let peak = 0;
  let id = 0;
  socket.onmessage = ({ data }) => {
    const { result } = JSON.parse(data);
    // What is live and what waits for the collector, in pages of the heap and beside it.
    if (result?.totalSize) peak = Math.max(peak, result.totalSize + (result.backingStorageSize ?? 0));
  };
  const look = () => socket.send(JSON.stringify({ id: (id += 1), method: "Runtime.getHeapUsage" }));
  const looking = setInterval(look, LOOK_EVERY_MS);
  return {
    async stop() {
      clearInterval(looking);
      socket.close();
      return peak / 1e6;
    },
  };
}

/** The last value of a member of a process' log lines with this message. */
export function lastLogged(process, message, member) {
  const lines = process.output().split("\n").filter((line) => line.includes(`"message":"${message}"`));
  const last = lines.at(-1);
  if (!last) throw new Error(`nothing was logged of ${message}`);
  return JSON.parse(last.slice(last.indexOf("{")))[member];
}
