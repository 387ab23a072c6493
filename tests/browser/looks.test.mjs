/**
 * Chat and settings with something in them, in light and dark, wide and narrow: axe finds nothing, nothing is wider than
 * the window. `SCREENSHOTS=docs/screenshots` keeps what was seen.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../../dev/processes.mjs";
import { program, start } from "./browser.mjs";
import { client, LOOKS, newTeam, promptWith, see, signIn } from "./support.mjs";

const ANSWER = `An invoice is there on the first of each month:

1. Open **Settings**, then *Billing*.
2. Choose the month. Earlier years take up to a day.

| Month | Total |
|---|---:|
| October | $12.30 |
| November | $9.10 |

A program asks for it:

\`\`\`sh
curl https://api.example.com/invoices/2026-10
\`\`\`

> Plans differ in what they cost, not in what you are shown. See [the help](https://example.com/help).`;

describe("chat and settings in every look", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  let mock, key, conversation, failure;
  before(async () => {
    started = await start();
    mock = spawn(process.execPath, [join(root, "tests/mock-models/server.mjs"), "--watch-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
    const [mockUrl] = (await once(mock.stdout, "data")).map((line) => JSON.parse(String(line)).url);
    key = await newTeam(started, "Acme");
    await arrange(client(started.url, key), mockUrl);
  });
  after(async () => {
    mock?.stdin.end();
    await started.stop();
  });

  async function arrange(call, mockUrl) {
    await call("PUT", "/api/providers/openai", { api_key: "sk-0123456789abcdef" });
    await call("PUT", "/api/providers/our-models", { api_key: "sk-0123456789abwxyz", base_url: `${mockUrl}/v1` });
    await call("PUT", "/api/team/settings", {
      redaction: { mode: "mask", fields: { output: "drop", metadata: "off" }, patterns: [{ name: "ticket", pattern: "T-[0-9]{6}" }, { name: "order", pattern: "\\b(?:ORD|INV)-[0-9]{4}-[A-Z0-9]{8,12}\\b" }] },
    });
    await call("POST", "/api/keys", { name: "checkout service", role: "runtime", user_name: "checkout", chat_requests_per_hour: 2000 });
    await call("POST", "/api/keys", { name: "release pipeline", role: "publisher", user_name: "pipeline", expires_at: new Date(Date.now() + 60 * 86_400_000).toISOString() });
    const { id } = await call("POST", "/api/keys", { name: "old laptop", role: "editor" });
    await call("DELETE", `/api/keys/${id}`);
    await promptWith(call, "support/reply", ["You are a support agent of {{ company }}. Be brief.", "You are a support agent of {{ company }}. Be brief, exact and kind."], { live: 1 });
    const ask = (message, more = {}) => call("POST", "/api/chat", { message, stream: false, prompt: "support/reply", variables: { company: "Acme" }, user_id: "user-42", ...more });
    for (const message of ["How do I reset my password?", "Can I change my plan in the middle of a month?", "كيف أغيّر لغة التطبيق؟ 🌍"]) await ask(message);
    conversation = (await ask("Where is my invoice for October?")).conversation_id;
    // The scripted model says what it is told.
    await ask(ANSWER, { conversation_id: conversation, model: "our-models/mock-echo" });
    failure = (await ask("Does the trial end by itself?")).conversation_id;
    const cut = fetch(`${started.url}/api/chat`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ message: "And what happens to my data?", conversation_id: failure, model: "our-models/mock-cut-half-event" }),
    });
    await (await cut).text();
  }

  async function leaveUnsaved(page) {
    await page.getByRole("radio", { name: /^Drop/ }).first().check();
    await page.getByRole("link", { name: "Team" }).click();
  }

  const facts = (page) => page.getByRole("list", { name: "About this answer" }).first();
  /** A name, an address, and what has to be there. */
  const PAGES = [
    ["chat-conversation", () => `/chat/${conversation}`, facts],
    ["chat-failure", () => `/chat/${failure}`, (page) => page.getByRole("alert")],
    ["chat-new", () => "/chat?prompt=support%2Freply", (page) => page.getByText("Try a prompt as your users meet it")],
    ["chat-missing", () => "/chat/conv_01h455vb4pex5vsknk084sn02q", (page) => page.getByText("There is no such conversation")],
    ["keys", () => "/settings/keys?ended=true", (page) => page.getByText("old laptop")],
    ["providers", () => "/settings/providers", (page) => page.getByText("our-models").first()],
    ["team", () => "/settings/team", (page) => page.getByRole("table", { name: "People and programs" })],
    ["privacy", () => "/settings/privacy", (page) => page.getByLabel("Name of pattern 2")],
    ["audit", () => "/settings/audit", (page) => page.getByRole("table", { name: "Audit log" })],
  ];
  /** The same, with what opens it. */
  const OVERLAYS = [
    ["key-new", "/settings/keys", (page) => page.getByRole("button", { name: "New key" }).click()],
    ["key-revoke", "/settings/keys", (page) => page.getByRole("button", { name: "Revoke checkout service" }).click()],
    ["provider-set", "/settings/providers", (page) => page.getByRole("button", { name: "Add an endpoint" }).click()],
    ["privacy-leave", "/settings/privacy", leaveUnsaved],
  ];
  const NARROW = [
    ["chat-list", "/chat", (page) => page.getByRole("button", { name: "Conversations", exact: true }).click()],
    ["chat-choices", "/chat?prompt=support%2Freply", (page) => page.getByRole("button", { name: "What answers", exact: true }).click()],
  ];

  for (const { name: look, options } of LOOKS) {
    test(look, async () => {
      const { page, faults, close } = await signIn(started, key, options);
      for (const [name, address, ready] of PAGES) {
        await page.goto(address());
        await ready(page).waitFor();
        await see(page, name, look);
      }
      for (const [name, address, open] of [...OVERLAYS, ...(look.endsWith("390") ? NARROW : [])]) {
        await page.goto(address);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForLoadState("networkidle");
        await open(page);
        await page.getByRole("dialog").waitFor();
        await see(page, name, look);
      }
      assert.deepEqual(faults, []);
      await close();
    });
  }
});
