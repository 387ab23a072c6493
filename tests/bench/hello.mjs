/**
 * The floor: a bare `worker` that says hello, on the same runtime.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { freePort, ready, startServer } from "../../dev/processes.mjs";

const workerd = createRequire(import.meta.url)("workerd").default;

/** @param {{dir: string, bundles: string}} options */
export async function startHello({ dir, bundles }) {
  const folder = join(bundles, "hello-worker");
  const port = await freePort();
  const file = join(dir, "hello.capnp");
  writeFileSync(file, configuration(dir, folder, port));
  const server = startServer({ name: "hello-worker", command: workerd, args: ["serve", "--experimental", file], log: join(dir, "hello.log") });
  const url = `http://127.0.0.1:${port}`;
  await ready(server, async () => (await fetch(url)).text());
  return { ...server, url };
}

function configuration(dir, folder, port) {
  const scripts = readdirSync(folder, { recursive: true }).filter((name) => /\.(m?js|wasm)$/.test(name));
  // The first module is the one that is run.
  const modules = ["entry.mjs", ...scripts.filter((name) => name !== "entry.mjs")].map((name) => {
    const kind = name.endsWith(".wasm") ? "wasm" : "esModule";
    return `(name = "${name}", ${kind} = embed "${relative(dir, join(folder, name))}")`;
  });
  return `# Written by tests/bench/hello.mjs.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "hello", worker = .hello)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "hello")]
);

const hello :Workerd.Worker = (
  modules = [
    ${modules.join(",\n    ")}
  ],
  compatibilityDate = "2026-11-01"
);
`;
}
