import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, root } from "./processes.mjs";

let dir;
before(() => (dir = mkdtempSync(join(tmpdir(), "promptlab-dev-"))));
after(() => rmSync(dir, { recursive: true, force: true }));

/** `make dev` in a folder of its own, and with stores of its own. @param {Record<string, string>} env */
function makeDev(env) {
  const own = { DATABASE_URL: "", UPSTASH_REDIS_REST_URL: "", UPSTASH_REDIS_REST_TOKEN: "", PROMPTLAB_DEV_DIR: dir };
  const script = spawn(process.execPath, [join(root, "dev/dev.mjs")], { env: { ...process.env, ...own, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [script.stdout, script.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = once(script, "close").then(([code]) => ({ code, lines: output.trimEnd().split("\n") }));
  return { script, ended, output: () => output };
}

/** Refuses to start, in one line. */
async function refuses(env, expected) {
  const { code, lines } = await makeDev(env).ended;
  assert.equal(code, 1);
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0], expected);
}

test("a wrong setting is one line", async () => {
  for (const PORT of ["abc", "70000", "0", "80.5", " ", "-1"]) await refuses({ PORT }, /^promptlab: PORT is `.*`: a port is a number from 1 to 65535\.$/);
  for (const DATABASE_URL of ["host=localhost dbname=secret", "localhost", "mysql://host/secret"]) {
    await refuses({ DATABASE_URL }, /^promptlab: DATABASE_URL is no address (?!.*secret)/);
  }
  await refuses({ UPSTASH_REDIS_REST_URL: "localhost:8079", UPSTASH_REDIS_REST_TOKEN: "t" }, /^promptlab: UPSTASH_REDIS_REST_URL is no address/);
  await refuses({ UPSTASH_REDIS_REST_URL: "http://localhost:8079" }, /^promptlab: .* set both or neither\.$/);
});

test("a port that is in use is one line", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await refuses({ PORT: String(port) }, new RegExp(`^promptlab: port ${port} is in use`));
  server.close();
});

/** Whether the group of a server is gone, or soon is: its last processes are the system's to bury. */
async function isGone(pid) {
  for (let look = 0; look < 100; look += 1) {
    try {
      process.kill(-pid, 0);
    } catch {
      return true;
    }
    await sleep(100);
  }
  return false;
}

/** Slow where nothing is built yet. */
test("it starts once, answers, and leaves nothing behind", async () => {
  const PORT = String(await freePort());
  const first = makeDev({ PORT });
  try {
    const url = `http://127.0.0.1:${PORT}`;
    while (!first.output().includes(`PromptLab is at ${url}`)) {
      assert.equal(first.script.exitCode, null, first.output());
      await sleep(100);
    }
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal((await fetch(`${url}/ready`)).status, 200);
    await refuses({ PORT: String(await freePort()) }, /^promptlab: it runs already \(pid \d+\)/);
    const { servers } = JSON.parse(readFileSync(join(dir, "servers.json"), "utf8"));
    assert.ok(servers.length >= 3, JSON.stringify(servers));
    first.script.kill("SIGINT");
    assert.equal((await first.ended).code, 0, first.output());
    for (const { pid } of servers) assert.ok(await isGone(pid), `the group of ${pid} is still there`);
    await assert.rejects(fetch(`${url}/health`));
  } finally {
    first.script.kill("SIGINT");
    await first.ended;
  }
});
