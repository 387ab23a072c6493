/**
 * Exported files, read by pandas, which is told nothing of encoding, quotes or line ends: it finds what went in.
 *
 *   sh dev/node.sh --test functions/export/tests/pandas.test.mjs
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildFunctions } from "../../../dev/functions.mjs";
import { root, run } from "../../../dev/processes.mjs";
import { pythonWith } from "../../../dev/python.mjs";
import { startStack } from "../../../dev/stack.mjs";
import { client } from "../../chat/tests/client.mjs";

const PACKAGE = "pandas==3.1.1";
const FUNCTIONS = ["gateway", "chat", "keys", "prompts", "experiments", "feedback", "ingest", "export"];
const RATED = 12;

/** What people write, and what programs that read CSV trip over. A formula comes with an apostrophe in front. */
const TEXTS = [
  'She said "hi", twice: ""',
  '"',
  "two\nlines\r\n\r\nand a third",
  "a,b;c\td|e",
  "Grüße 👋🏽 漢字 \u{1F469}\u200D\u{1F680}",
  " spaces before and after ",
  "NA",
  "null",
  "007",
  "1e5",
  "back\\slash \\n \\\"",
  "# no comment",
  "=HYPERLINK(\"https://example.com\",\"a\")",
  "+49",
  "-1",
  "@SUM(A1:A9)",
  "\tTab",
];
const exported = (text) => (/^[=+\-@\t]/.test(text) ? `'${text}` : text);
const onOneLine = (text) => text.replaceAll(/\s+/g, " ").trim();

let stack, api, files, dir;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "promptlab-export-"));
  files = join(dir, "files");
  mkdirSync(files);
  await buildFunctions({ names: FUNCTIONS, quiet: true });
  stack = await startStack({ dir, only: FUNCTIONS, vars: { CHAT_REQUESTS_PER_HOUR: "100000" } });
  api = client({ url: stack.url, key: stack.adminKey });
});

after(async () => {
  await stack?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Calls, and expects it to be done. */
async function call(method, path, body) {
  const answer = await api.call(method, path, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Saves an exported file. */
async function save(name, path) {
  const response = await fetch(stack.url + path, { headers: { "x-api-key": stack.adminKey } });
  assert.equal(response.status, 200, path);
  writeFileSync(join(files, `${name}.csv`), Buffer.from(await response.arrayBuffer()));
}

/** A conversation for each text, which is also its title and its user. */
async function talk(text) {
  const user_id = `u ${onOneLine(text)}`;
  const answer = await call("POST", "/api/chat", { message: text, user_id, model: "offline", stream: false });
  const title = onOneLine(text);
  await call("PATCH", `/api/conversations/${answer.conversation_id}`, { title });
  const { conversation_id, text: answered } = answer;
  return { conversation_id, title: exported(title), user_id: exported(user_id), said: exported(text), answered: exported(answered) };
}

/** An experiment with answers that somebody has rated. */
async function experiment(name) {
  await call("POST", "/api/prompts", { name: "greeting" });
  const versions = [];
  for (const template_text of ["Be brief.", "Be kind."]) {
    versions.push((await call("POST", "/api/prompts/greeting/versions", { type: "text", template_text, model_id: "offline" })).version_id);
  }
  await call("POST", "/api/prompts/greeting/promote", { version_id: versions[0], environment: "production" });
  const variants = ['old, "as it was"', "=new 👋"].map((name, place) => ({ name, version_id: versions[place], traffic_weight: 50 }));
  const { experiment_id } = await call("POST", "/api/prompts/greeting/experiments", {
    name, environment: "production", variants, allocation_strategy: "fixed_split", primary_metric: "approval", min_samples: 2,
  });
  // Until every isolate has heard of it.
  await sleep(1_600);
  for (let user = 0; user < RATED; user += 1) {
    const question = { message: "hi", prompt: "greeting", user_id: `user-${user}`, stream: false };
    const { message_id } = await call("POST", "/api/chat", question);
    await call("POST", "/api/feedback", { message_id, rating: user % 3 === 0 ? -1 : 1 });
  }
  return experiment_id;
}

/** The results, once every rating is in them. */
async function results(experiment_id) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    await call("POST", "/api/ingest/drain", {});
    const { variants } = await call("GET", `/api/experiments/${experiment_id}/results`);
    const samples = variants.reduce((sum, variant) => sum + variant.samples, 0);
    if (samples === RATED) return variants.map((variant) => ({ ...variant, name: exported(variant.name) }));
    assert.ok(Date.now() < deadline, `${samples} ratings of ${RATED} were counted`);
  }
}

test("pandas reads what was exported", { timeout: 300_000 }, async (t) => {
  const python = await pythonWith(PACKAGE);
  if (!python) return t.skip(`${PACKAGE} cannot be installed here`);
  const turns = [];
  for (const text of TEXTS) turns.push(await talk(text));
  // Conversations are exported before the experiment makes more of them.
  await save("conversations", "/api/export/conversations.csv");
  const experiment_name = 'Tone, "v2" 👋';
  const experiment_id = await experiment(experiment_name);
  const variants = await results(experiment_id);
  await save("messages", "/api/export/messages.csv");
  await save("results", `/api/export/experiments/${experiment_id}.csv`);
  writeFileSync(join(files, "expected.json"), JSON.stringify({ turns, variants, experiment_name, rated: RATED }));
  const { code, output } = await run(python, [join(root, "functions/export/tests/read_with_pandas.py"), files], { timeoutMs: 60_000 });
  assert.equal(code, 0, output);
});
