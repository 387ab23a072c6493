/**
 * The functions as WASI components: on Spin where `spin` is on PATH, else on our own host.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort, ready, root, startServer } from "../processes.mjs";
import { findProgram } from "../system-packages.mjs";

/**
 * Starts the components behind one port, routed by `spin.toml`.
 * @param {{dir: string, vars: Record<string, string>, port?: number, manifest?: string, only?: string[], spin?: string | null}} options
 *   `vars` are the settings by the names that the functions use (`DATABASE_URL`); `only` names the components to
 *   load; `spin` is the program, null for our own host.
 * @returns {Promise<import("../processes.mjs").Server & {url: string, host: "spin" | "jco", close: () => Promise<void>}>}
 */
export async function startComponents({ dir, vars, port, manifest = join(root, "spin.toml"), only, spin = findProgram("spin") }) {
  mkdirSync(dir, { recursive: true });
  const address = `127.0.0.1:${port ?? (await freePort())}`;
  const settings = vars.LLM_BASE_URL ? { LLM_HOST: new URL(vars.LLM_BASE_URL).origin, ...vars } : vars;
  const variables = Object.entries(settings).map(([name, value]) => [`SPIN_VARIABLE_${name.toUpperCase()}`, value]);
  const options = ["--listen", address, "--from", manifest];
  const server = startServer({
    name: "components",
    ...(spin ? spinCommand(spin, options, only) : ourCommand(options, only)),
    env: { ...process.env, ...Object.fromEntries(variables) },
    log: join(dir, "components.log"),
  });
  const url = `http://${address}`;
  // Any answer will do: the path need not exist.
  await ready(server, async () => (await fetch(url)).arrayBuffer(), 60_000);
  return { ...server, url, host: spin ? "spin" : "jco", close: server.stop };
}

function spinCommand(spin, options, only = []) {
  return { command: spin, args: ["up", ...options, ...only.flatMap((name) => ["--component-id", name])] };
}

function ourCommand(options, only) {
  return { command: process.execPath, args: [join(root, "dev/spin/serve.mjs"), ...options, ...(only ? ["--only", only.join(",")] : [])] };
}
