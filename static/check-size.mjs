/**
 * Holds the first load: 180 kB in gzip for what the first page waits for, and 65 kB for what is fetched beside it and holds
 * nothing up: the fonts, which are compressed already, and what shows messages.
 * Charts, markdown, diff and the like must not be in it, whichever file they were bundled into. Reads what
 * `cargo xtask pages` built.
 *
 *   node check-size.mjs [--all] [FOLDER]     --all lists what every page adds
 */
import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 180_000;
const BESIDE_LIMIT = 65_000;
/** What comes later, by the modules' paths. */
const LATE = [/^src\/charts\//, /^node_modules\/(diff|zod|cmdk|react-hook-form|remend|react-markdown|remark|micromark|mdast|hast)\b/];
const MESSAGES = "node_modules/sonner/dist/index.mjs";
/** What the page names itself, and the fonts of English. */
const NAMED = ["index.html", "scripts/theme.js", "favicon.svg"];
const FONT = /^assets\/geist(-mono)?-latin-wght-.*\.woff2$/;

const folder = process.argv.slice(2).find((argument) => !argument.startsWith("--"));
const built = folder ? pathToFileURL(`${folder}/`) : new URL("../target/pages/", import.meta.url);
const read = (file) => readFileSync(new URL(file, built));
const manifest = JSON.parse(read("manifest.json"));
const modules = JSON.parse(read("modules.json"));
const sizes = new Map();
const gzipped = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(read(file)).length);
  return sizes.get(file);
};

/** The key of the chunk that a module is in. */
function chunkOf(module) {
  const [file] = Object.entries(modules).find(([, ids]) => ids.includes(module)) ?? [];
  const key = Object.keys(manifest).find((each) => manifest[each].file === file);
  if (!key) throw new Error(`${module} is in no file: what the first load is has to be said anew`);
  return key;
}

/** A chunk and everything that it imports before it runs: scripts and styles. */
function filesOf(key, seen = new Set()) {
  if (seen.has(key)) return [];
  seen.add(key);
  const { file, css = [], imports = [] } = manifest[key];
  return [file, ...css, ...imports.flatMap((next) => filesOf(next, seen))];
}

const total = (files) => [...new Set(files)].reduce((sum, file) => sum + gzipped(file), 0);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const entry = filesOf("index.html");
const first = [...new Set([...NAMED, ...entry, ...filesOf(chunkOf("src/features/prompts/list-page.tsx"))])];
const fonts = readdirSync(new URL("assets/", built)).map((name) => `assets/${name}`).filter((file) => FONT.test(file));
const messages = filesOf(chunkOf(MESSAGES)).filter((file) => !first.includes(file));
const beside = total(messages) + fonts.reduce((sum, file) => sum + read(file).length, 0);

console.log(`first load: ${kilobytes(total(first))} in gzip, of ${kilobytes(LIMIT)}; beside it messages and ${fonts.length} fonts: ${kilobytes(beside)}, of ${kilobytes(BESIDE_LIMIT)}`);
if (process.argv.includes("--all")) {
  const pages = Object.keys(manifest).filter((key) => /features\/.*-page\.tsx$/.test(key));
  for (const page of pages) console.log(`  ${page.padEnd(48)} +${kilobytes(total([...entry, ...filesOf(page)]) - total(entry))}`);
}

const early = [...first, ...messages].flatMap((file) => (modules[file] ?? []).filter((id) => LATE.some((late) => late.test(id))).map((id) => `${id} in ${file}`));
if (early.length > 0) console.error(`the first load holds what should come later: ${early.join(", ")}`);
if (fonts.length !== 2) console.error(`2 fonts of English were expected, and ${fonts.length} are there: has their name changed?`);
if (total(first) > LIMIT || beside > BESIDE_LIMIT || fonts.length !== 2 || early.length > 0) process.exitCode = 1;
