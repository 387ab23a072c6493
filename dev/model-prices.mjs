/**
 * Brings the price table up to date: `sh dev/node.sh dev/model-prices.mjs [file or URL]`.
 *
 * It reads the public table of litellm, keeps the models of the providers whose formats we speak, and writes
 * shared/prices/model-prices.json with one model to a line, and the month into `TAKEN_IN`. What is in the old table
 * and no longer in the new one is kept: its price is the last one known, and a bill for yesterday needs it. The diff
 * is to be read before it is committed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, root, runMain } from "./processes.mjs";

const SOURCE = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";
const PROVIDERS = ["openai", "anthropic", "gemini"];
const MODES = { chat: "chat", responses: "chat", embedding: "embedding" };
/** Their names for prices of a token, and ours for prices of a million. */
const PRICES = {
  input_cost_per_token: "input_usd_per_mtok",
  output_cost_per_token: "output_usd_per_mtok",
  cache_read_input_token_cost: "cached_input_usd_per_mtok",
  cache_creation_input_token_cost: "cache_write_usd_per_mtok",
};
const KEPT = ["max_input_tokens", "max_output_tokens", "deprecation_date"];
/** Fewer than this is no table of models. */
const FEWEST = 20;

const file = join(root, "shared/prices/model-prices.json");
const library = join(root, "shared/prices/src/lib.rs");

async function main() {
  const source = process.argv[2] ?? SOURCE;
  const table = JSON.parse(await read(source));
  const fresh = Object.entries(table).flatMap(([name, entry]) => convert(name, entry) ?? []);
  if (fresh.length < FEWEST) throw new Failure(`${source} has ${fresh.length} models of ${PROVIDERS.join(", ")}: this is not the table.`);
  const before = JSON.parse(readFileSync(file, "utf8"));
  const models = merge(before, fresh);
  writeFileSync(file, `[\n${models.map((model) => ` ${line(model)}`).join(",\n")}\n]\n`);
  const month = new Date().toISOString().slice(0, 7);
  const code = readFileSync(library, "utf8");
  writeFileSync(library, code.replace(/(TAKEN_IN: &str = ")[^"]*/, `$1${month}`));
  report(before, models);
  return 0;
}

async function read(source) {
  if (!/^https?:/.test(source)) return readFileSync(source, "utf8");
  const response = await fetch(source);
  if (!response.ok) throw new Failure(`${source} answers ${response.status}.`);
  return response.text();
}

/** A model as our table has it; none for what we do not call, or do not know the price of. */
function convert(name, entry) {
  const mode = MODES[entry.mode];
  if (!PROVIDERS.includes(entry.litellm_provider) || !mode || entry.input_cost_per_token === undefined) return undefined;
  const model = { model: name.replace(/^(gemini|openai|anthropic)\//, ""), provider: entry.litellm_provider, mode };
  for (const [theirs, ours] of Object.entries(PRICES)) {
    // Millionths: a product of floating-point numbers would show its last digits.
    if (entry[theirs] !== undefined) model[ours] = Number((entry[theirs] * 1e6).toPrecision(12));
  }
  model.output_usd_per_mtok ??= 0;
  for (const field of KEPT) if (entry[field] !== undefined) model[field] = entry[field];
  return model;
}

/** Of two prices for one model, the one that does not promise too much. */
function merge(before, fresh) {
  const models = new Map();
  for (const model of fresh) {
    const known = models.get(model.model);
    if (!known || model.input_usd_per_mtok > known.input_usd_per_mtok) models.set(model.model, model);
  }
  for (const model of before) if (!models.has(model.model)) models.set(model.model, model);
  return [...models.values()].sort((one, other) => (one.model < other.model ? -1 : 1));
}

/** As the file has it: a space after each comma and colon, and prices with a point. */
function line(model) {
  const text = ([name, value]) => `"${name}": ${name.endsWith("_mtok") && Number.isInteger(value) ? value.toFixed(1) : JSON.stringify(value)}`;
  return `{${Object.entries(model).map(text).join(", ")}}`;
}

function report(before, models) {
  const known = new Map(before.map((model) => [model.model, line(model)]));
  const added = models.filter(({ model }) => !known.has(model));
  const changed = models.filter((model) => known.has(model.model) && known.get(model.model) !== line(model));
  console.log(`${models.length} models: ${added.length} new, ${changed.length} changed. Read the diff, then run: cargo test -p prices`);
}

await runMain(main);
