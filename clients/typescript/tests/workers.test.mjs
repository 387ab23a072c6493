/**
 * On workerd, where no request may wait for another's promise, and what a request has begun ends with it.
 *
 *   sh dev/node.sh --test clients/typescript/tests/workers.test.mjs
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { KEY, answer, resolved, startServer, takeAll } from "./scripted-server.mjs";

const folder = fileURLToPath(new URL("..", import.meta.url));
const worker = (baseUrl) => `
  import { PromptLab } from "./index.js";
  const promptlab = new PromptLab({ baseUrl: "${baseUrl}", apiKey: "${KEY}" });
  export default {
    async fetch(request, env, ctx) {
      const waitUntil = (promise) => ctx.waitUntil(promise);
      const found = await promptlab.resolve("greeting", { waitUntil });
      promptlab.log({ model: "m", promptId: found.promptId });
      ctx.waitUntil(promptlab.flush());
      return Response.json({ source: found.source, text: found.resolvedText });
    },
  };`;

let dir, server, workerd, url;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-workers-"));
  const slowly = (request, response) => setTimeout(() => answer(200, resolved())(request, response), 50);
  server = await startServer((request, response) => (request.path === "/api/ingest" ? takeAll : slowly)(request, response));
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address();
  holder.close();
  url = `http://127.0.0.1:${port}/`;
  symlinkSync(folder, join(dir, "client"));
  writeFileSync(join(dir, "worker.js"), worker(server.url));
  const files = ["index.js", ...readdirSync(join(folder, "src")).filter((file) => file !== "spool.js").map((file) => `src/${file}`)];
  const modules = files.map((file) => `(name = "${file}", esModule = embed "client/${file}")`);
  writeFileSync(
    join(dir, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
     const config :Workerd.Config = (
       services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["public", "private"]))],
       sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);
     const main :Workerd.Worker = (
       compatibilityDate = "2025-11-01",
       modules = [(name = "worker", esModule = embed "worker.js"), ${modules.join(", ")}]);`,
  );
  // The program itself: the script of that name would be ended, and what it has started would live on.
  const { default: command } = createRequire(new URL("../../../package.json", import.meta.url))("workerd");
  workerd = spawn(command, ["serve", join(dir, "config.capnp")], { stdio: ["ignore", "ignore", "inherit"] });
  for (let tries = 0; ; tries += 1) {
    const up = await fetch(url).catch(() => undefined);
    if (up?.ok) return;
    assert.ok(tries < 200 && workerd.exitCode === null, "workerd does not start");
    await sleep(50);
  }
});

after(async () => {
  workerd?.kill();
  if (workerd?.exitCode === null) await once(workerd, "exit");
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test("requests share what is known, and nothing that is under way", async () => {
  const ask = async () => (await fetch(url)).json();
  assert.deepEqual(await ask(), { source: "cache", text: "Hello Zoë." });
  await sleep(1_100);
  assert.equal((await ask()).source, "stale", "and it is refreshed after the response");
  await sleep(200);
  assert.equal((await ask()).source, "cache");
  await sleep(3_100);
  const together = await Promise.all([ask(), ask(), ask(), ask()]);
  assert.ok(together.every(({ source }) => source === "server"), JSON.stringify(together));
  const logged = () => server.requests.filter(({ path }) => path === "/api/ingest").reduce((sum, { body }) => sum + body.events.length, 0);
  for (let tries = 0; logged() < 8 && tries < 100; tries += 1) await sleep(20);
  assert.equal(logged(), 8);
});
