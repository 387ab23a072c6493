/**
 * A component made runnable by jco, with a fresh instance for every request, as Spin does it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { transpile } from "@bytecodealliance/jco";
import { httpImports, IncomingRequest, ResponseOutparam } from "./http.mjs";
import { io } from "./io.mjs";
import { spinImports } from "./spin.mjs";
import { wasi } from "./wasi.mjs";

/** What a component waits in. Everything else answers at once. */
const SUSPENDING = [
  "wasi:io/poll#poll",
  "wasi:io/poll#[method]pollable.block",
  "spin:postgres/postgres#[static]connection.open",
  "spin:postgres/postgres#[method]connection.query",
];

/**
 * Loads the component in `file`.
 * @param {{name: string, file: string, variables: Record<string, string>, isAllowed: (url: URL) => boolean, workDir: string}} options
 * @returns {Promise<{name: string, handle: (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => Promise<void>}>}
 */
export async function loadComponent({ name, file, variables, isAllowed, workDir }) {
  const { files } = await transpile(readFileSync(file), {
    name,
    instantiation: "sync",
    wasiShim: false,
    typescript: false,
    noTypescript: true,
    asyncMode: "jspi",
    asyncImports: SUSPENDING,
    asyncExports: ["wasi:http/incoming-handler#handle"],
  });
  const folder = join(workDir, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const entry = pathToFileURL(join(folder, `${name}.js`)).href;
  const modules = new Map();
  const coreModule = (path) => {
    if (!modules.has(path)) modules.set(path, new WebAssembly.Module(readFileSync(join(folder, path))));
    return modules.get(path);
  };

  // What jco generates keeps the state of its tasks in the script, so a script serves one request at a time.
  const idle = [];
  let scripts = 0;
  const takeScript = async () => idle.pop() ?? (await import(`${entry}?copy=${scripts++}`));

  async function handle(request, response) {
    const held = new Set();
    const imports = { ...io, ...wasi, ...httpImports(isAllowed), ...spinImports({ variables, isAllowed, held }) };
    const script = await takeScript();
    const outparam = new ResponseOutparam(response);
    try {
      const instance = script.instantiate(coreModule, imports);
      const client = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
      await instance.incomingHandler.handle(new IncomingRequest(request, ["spin-client-addr", client]), outparam);
      idle.push(script);
      if (!outparam.isSet) throw new Error("the component gave no response");
    } catch (error) {
      // The script of a component that trapped is not used again.
      console.error(JSON.stringify({ level: "error", message: "component failed", component: name, error: error?.stack ?? inspect(error) }));
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    } finally {
      for (const connection of [...held]) connection.release(true);
    }
  }
  return { name, handle };
}
