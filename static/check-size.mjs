/**
 * Holds the first load: what the browser fetches before the first page can be used, in gzip. Charts, markdown and diff
 * must not be in it. Reads what `cargo xtask pages` built.
 *
 *   node check-size.mjs [--all]     --all lists what every page adds
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 180_000;
/** What comes later, by parts of names of chunks. */
const LATE = ["src/charts", "micromark", "mdast", "remark", "react-markdown", "/diff/", "zod", "cmdk"];

const built = new URL("../target/pages/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", built), "utf8"));
const sizes = new Map();
const gzipped = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, built))).length);
  return sizes.get(file);
};

/** A chunk and everything that it imports before it runs: scripts and styles. */
function filesOf(key, seen = new Set()) {
  if (seen.has(key)) return [];
  seen.add(key);
  const { file, css = [], imports = [] } = manifest[key];
  return [file, ...css, ...imports.flatMap((next) => filesOf(next, seen))];
}

const total = (files) => [...new Set(files)].reduce((sum, file) => sum + gzipped(file), 0);
const entry = filesOf("index.html");
const pages = Object.keys(manifest).filter((key) => /features\/.*-page\.tsx$/.test(key));
const first = [...entry, ...filesOf("src/features/prompts/list-page.tsx"), "index.html"];
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

console.log(`first load: ${kilobytes(total(first))} in gzip, of ${kilobytes(LIMIT)}`);
if (process.argv.includes("--all")) for (const page of pages) console.log(`  ${page.padEnd(48)} +${kilobytes(total([...entry, ...filesOf(page)]) - total(entry))}`);

const chunksOfFirst = new Set([...Object.keys(manifest)].filter((key) => first.includes(manifest[key].file)));
const early = [...chunksOfFirst].filter((key) => LATE.some((name) => key.includes(name)));
if (early.length > 0) console.error(`the first load holds what should come later: ${early.join(", ")}`);
if (total(first) > LIMIT || early.length > 0) process.exitCode = 1;
