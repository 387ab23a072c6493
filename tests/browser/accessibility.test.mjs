/**
 * Every page in light and dark, wide and narrow: axe finds nothing, nothing is wider than the window.
 * `SCREENSHOTS=docs/screenshots` keeps what was seen.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openPage, program, start } from "./browser.mjs";
import { client, LOOKS, newTeam, see, signIn } from "./support.mjs";

const TEMPLATE = `You answer questions of customers of {{ company }}.

The question:
{{ question }}

Articles that may help:
{{ articles }}

Rules:
- Answer in the customer's language.
- If the articles do not answer the question, guess.
- At most 6 sentences.
- Name the article that you used.`;

const PROMPTS = [
  ["code/review", "Reviews a change.", []],
  ["onboarding/greeting", "Greets a new user.", ["onboarding"]],
  ["search/rewrite-query", "Rewrites what a person typed for the index.", ["search"]],
  ["summaries/meeting", "Summarises a meeting's transcript.", ["summaries"]],
  ["support/triage", "Sorts a ticket by urgency and team.", ["support"]],
  ["support/reply", "Answers a customer's question from the help articles.", ["support", "email"]],
];

describe("every page in every look", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  let key;
  before(async () => {
    started = await start();
    key = await newTeam(started, "Acme");
    await arrange(client(started.url, key));
  });
  after(() => started.stop());

  async function arrange(call) {
    const { id } = await call("POST", "/api/collections", { name: "Customer support" });
    for (const [name, description, tags] of PROMPTS) {
      await call("POST", "/api/prompts", { name, description, tags, ...(name.startsWith("support") ? { collection_id: id } : {}) });
      const path = `/api/prompts/${encodeURIComponent(name)}`;
      const contents = [
        { template_text: TEMPLATE, system_prompt: "You are a support agent.", model_id: "gpt-4o", temperature: 0.4, commit_message: "First version" },
        { template_text: TEMPLATE.replace("guess", "say so").replace("6", "4"), system_prompt: "You are a support agent.", model_id: "gpt-4o", temperature: 0.2, commit_message: "Admit not knowing; shorter" },
        { template_text: `${TEMPLATE.replace("guess", "say so").replace("6", "3")}\n- Never promise a refund.`, system_prompt: "You are a support agent: brief, exact, kind.", model_id: "gpt-4o-mini", temperature: 0.2, config: { top_p: 0.9 }, commit_message: "No promises of refunds; the smaller model" },
      ];
      const versions = [];
      for (const content of contents) versions.push(await call("POST", `${path}/versions`, content));
      await call("POST", `${path}/promote`, { version_id: versions[0].version_id, environment: "production" });
      await call("POST", `${path}/promote`, { version_id: versions[1].version_id, environment: "production", justification: "Approved by support" });
      await call("POST", `${path}/promote`, { version_id: versions[2].version_id, environment: "staging" });
    }
  }

  /** What is looked at: a name, an address, and what has to be there before. */
  const PAGES = [
    ["prompts", "/prompts", (page) => page.getByRole("link", { name: "support/reply" })],
    ["prompts-none", "/prompts?search=nothing", (page) => page.getByText("No prompt matches")],
    ["prompt", "/prompts/support%2Freply", (page) => page.getByText(/before variables/)],
    ["prompt-config", "/prompts/support%2Freply/config?version=3", (page) => page.getByText("Content hash")],
    ["prompt-experiments", "/prompts/support%2Freply/experiments", (page) => page.getByRole("navigation", { name: "Parts of the prompt" })],
    ["prompt-metrics", "/prompts/support%2Freply/metrics", (page) => page.getByRole("navigation", { name: "Parts of the prompt" })],
    ["prompt-use", "/prompts/support%2Freply/use", (page) => page.getByLabel("articles")],
    ["prompt-edit", "/prompts/support%2Freply/edit", (page) => page.locator("[data-tokens]")],
    ["prompt-diff", "/prompts/support%2Freply/diff?from=1&to=3", (page) => page.getByRole("region", { name: "Changes of Prompt" })],
    ["prompt-history", "/prompts/support%2Freply/history", (page) => page.getByText("Approved by support").or(page.getByText("v1 → v2")).first()],
    ["prompt-new", "/new-prompt", (page) => page.locator("[data-tokens]")],
    ["experiments", "/experiments", (page) => page.getByRole("heading", { level: 1 })],
    ["experiment-new", "/experiments/new", (page) => page.getByRole("heading", { level: 1 })],
    ["chat", "/chat", (page) => page.getByRole("heading", { level: 1 })],
    ["analytics", "/analytics", (page) => page.getByRole("heading", { level: 1 })],
    ["settings-keys", "/settings/keys", (page) => page.getByRole("heading", { level: 1 })],
    ["settings-providers", "/settings/providers", (page) => page.getByRole("heading", { level: 1 })],
    ["settings-team", "/settings/team", (page) => page.getByRole("heading", { level: 1 })],
    ["settings-privacy", "/settings/privacy", (page) => page.getByRole("button", { name: "Add a pattern" })],
    ["settings-audit", "/settings/audit", (page) => page.getByRole("heading", { level: 1 })],
    ["not-found", "/nowhere", (page) => page.getByText("There is no such page")],
  ];

  /** What opens over a page: a name, the page, what opens it, and what has to be there. */
  const OVERLAYS = [
    ["palette", "/prompts", (page) => page.keyboard.press("ControlOrMeta+k"), (page) => page.getByRole("option", { name: /support\/reply/ })],
    ["shortcuts", "/prompts", (page) => page.keyboard.press("?"), (page) => page.getByRole("heading", { name: "Keyboard" })],
    ["rollback", "/prompts/support%2Freply", (page) => page.getByRole("button", { name: "Roll back" }).click(), (page) => page.getByRole("dialog").getByRole("region", { name: "Changes of Prompt" })],
  ];

  for (const { name: look, options } of LOOKS) {
    test(look, async (suite) => {
      const signedOut = await openPage(started, options);
      await signedOut.page.goto("/sign-in");
      await signedOut.page.getByLabel("API key", { exact: true }).waitFor();
      await see(signedOut.page, "sign-in", look);
      await signedOut.close();

      const { page, faults, close } = await signIn(started, key, options);
      for (const [name, address, ready] of PAGES) {
        await suite.test(name, async () => {
          await page.goto(address);
          await ready(page).waitFor();
          await see(page, name, look);
        });
      }
      for (const [name, address, open, ready] of OVERLAYS) {
        await suite.test(name, async () => {
          await page.goto(address);
          await page.getByRole("heading", { level: 1 }).waitFor();
          await page.waitForLoadState("networkidle");
          await open(page);
          await ready(page).waitFor();
          await see(page, name, look);
        });
      }
      assert.deepEqual(faults, []);
      await close();
    });
  }
});
