/**
 * How large each function is, compressed: its modules one by one, as a platform stores them.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { findWorkers, modulesOf } from "../../dev/functions.mjs";

/** @param {{bundles: string}} context */
export async function measureSizes({ bundles }) {
  const workers = findWorkers().map((worker) => ({ ...worker, bundle: join(bundles, worker.folder) }));
  const built = workers.filter(({ bundle, main }) => existsSync(join(bundle, main)));
  return Object.fromEntries(built.map((worker) => [`gzip_kb.${worker.folder}`, compressedBytes(worker) / 1000]));
}

function compressedBytes(worker) {
  const sizes = modulesOf(worker).map((file) => gzipSync(readFileSync(join(worker.bundle, file)), { level: 9 }).length);
  return sizes.reduce((total, size) => total + size, 0);
}
