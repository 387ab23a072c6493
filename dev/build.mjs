/**
 * `make build`: every function as it is deployed, and how large each one is.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildFunctions, findWorkers, modulesOf } from "./functions.mjs";
import { runMain } from "./processes.mjs";
import { setup } from "./setup.mjs";

await runMain(async () => {
  console.log("Set-up");
  await setup({});
  console.log("Functions");
  await buildFunctions({ release: true });
  console.log("\nSize of the modules, as they are and in gzip:");
  for (const worker of findWorkers()) {
    const files = modulesOf(worker).map((file) => readFileSync(join(worker.bundle, file)));
    const sum = (sizes) => `${(sizes.reduce((total, size) => total + size, 0) / 1000).toFixed(0)} kB`.padStart(9);
    console.log(`  ${worker.folder.padEnd(16)}${sum(files.map((file) => file.length))}${sum(files.map((file) => gzipSync(file, { level: 9 }).length))}`);
  }
});
