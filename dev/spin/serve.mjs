/**
 * Serves the components of a Spin manifest where Spin is not installed.
 *
 *   node dev/spin/serve.mjs --listen 127.0.0.1:3000 [--from spin.toml] [--only name,name]
 *
 * The application's variables come from `SPIN_VARIABLE_<NAME>`, as for `spin up`.
 *
 * This is not Spin: jco runs the components on V8, and WASI, HTTP and PostgreSQL are ours over Node. What it
 * shares with Spin is what a component sees: the interfaces, the routes, the variables, the allowed hosts, an
 * instance for each request.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Failure, root, runMain } from "../processes.mjs";
import { loadComponent } from "./component.mjs";
import { readManifest, router } from "./manifest.mjs";
import { closePools } from "./spin.mjs";

function variablesFromEnvironment() {
  const prefix = "SPIN_VARIABLE_";
  const entries = Object.entries(process.env).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]));
}

async function loadAll(components, workDir) {
  const loaded = new Map();
  for (const component of components) {
    if (!existsSync(component.file)) throw new Failure(`${component.name} is not built: run \`cargo xtask build --wasi\`.`);
    loaded.set(component.name, await loadComponent({ ...component, workDir }));
  }
  return loaded;
}

function listen(server, address) {
  const [host, port] = address.split(":");
  return new Promise((done, fail) => {
    server.on("error", (error) => fail(new Failure(`${address} cannot be used: ${error.code}.`)));
    server.listen(Number(port), host, done);
  });
}

async function main() {
  const { values } = parseArgs({
    options: { listen: { type: "string", default: "127.0.0.1:3000" }, from: { type: "string", default: join(root, "spin.toml") }, only: { type: "string" } },
  });
  const manifest = readManifest(resolve(values.from), variablesFromEnvironment());
  const only = values.only?.split(",");
  const workDir = mkdtempSync(join(tmpdir(), "promptlab-components-"));
  process.on("exit", () => rmSync(workDir, { recursive: true, force: true }));
  const components = await loadAll(manifest.components.filter(({ name }) => !only || only.includes(name)), workDir);
  const componentFor = router(manifest.triggers);
  const server = createServer((request, response) => {
    const component = components.get(componentFor(request.url.split("?")[0]));
    if (component) component.handle(request, response);
    else response.writeHead(404).end();
  });
  server.requestTimeout = 0;
  // A connection that rests is the client's to close: closed here, it would break the request that is just being sent.
  server.keepAliveTimeout = 0;
  await listen(server, values.listen);
  console.log(`Serving http://${values.listen}`);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      server.close();
      server.closeAllConnections();
      await closePools();
      process.exit(0);
    });
  }
}

await runMain(main);
