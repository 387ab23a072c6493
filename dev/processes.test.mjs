import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const SCRIPT = `
  import { startServer } from ${JSON.stringify(new URL("processes.mjs", import.meta.url).href)};
  const { pid } = startServer({ name: "sleeper", command: "sleep", args: ["1000"], log: process.argv[1] });
  console.log(pid);
  setInterval(() => {}, 1000);
`;

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

for (const signal of ["SIGINT", "SIGTERM"]) {
  test(`a script that ends by ${signal} leaves no server behind`, async () => {
    const dir = mkdtempSync(join(tmpdir(), "promptlab-processes-"));
    const script = spawn(process.execPath, ["--input-type=module", "--eval", SCRIPT, join(dir, "log")], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(script.stdout, "data");
    const pid = Number(line);
    assert.ok(isAlive(pid));
    script.kill(signal);
    await once(script, "exit");
    for (let wait = 0; wait < 100 && isAlive(pid); wait += 1) await sleep(20);
    assert.ok(!isAlive(pid));
    rmSync(dir, { recursive: true, force: true });
  });
}
