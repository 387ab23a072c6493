/**
 * A component made runnable by jco, with a fresh instance for every request, as Spin does it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { transpile } from "@bytecodealliance/jco";
import { fileImports } from "./files.mjs";
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
 * @param {{name: string, file: string, variables: Record<string, string>, isAllowed: (url: URL) => boolean,
 *   mounts: Record<string, string>, workDir: string}} options
 * @returns {Promise<{name: string, handle: (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => Promise<void>}>}
 */
export async function loadComponent({ name, file, variables, isAllowed, mounts, workDir }) {
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
  const modules = Object.fromEntries(
    Object.entries(files).filter(([path]) => path.endsWith(".wasm")).map(([path, bytes]) => [path, new WebAssembly.Module(bytes)]),
  );
  const script = join(workDir, `${name}.mjs`);
  writeFileSync(script, asFactory(new TextDecoder().decode(files[`${name}.js`])));
  const { default: newScript } = await import(pathToFileURL(script).href);

  async function handle(request, response) {
    const held = new Set();
    const imports = { ...io, ...wasi, ...fileImports(mounts), ...httpImports(isAllowed), ...spinImports({ variables, isAllowed, held }) };
    const outparam = new ResponseOutparam(response);
    try {
      const instance = newScript().instantiate((path) => modules[path], imports);
      const client = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
      await instance.incomingHandler.handle(new IncomingRequest(request, ["spin-client-addr", client]), outparam);
      if (!outparam.isSet) throw new Error("the component gave no response");
    } catch (error) {
      console.error(JSON.stringify({ level: "error", message: "component failed", component: name, error: error?.stack ?? inspect(error) }));
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    } finally {
      for (const connection of [...held]) connection.release(true);
    }
  }
  return { name, handle };
}

/**
 * The script that jco generates keeps the state of its tasks in the module, which one request at a time may use.
 * As a function it is compiled once and has its own state at every call.
 */
function asFactory(source) {
  if (/^import /m.test(source)) throw new Error("jco's script imports something");
  return `export default () => {\n${source.replaceAll(/^export /gm, "")}\nreturn { instantiate };\n};\n`;
}
