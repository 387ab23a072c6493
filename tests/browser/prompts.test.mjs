/**
 * Stories of prompts, as a person lives them: from nothing to a resolved text, and from an edit to its undoing.
 */
import assert from "node:assert/strict";
import { execFile as execFileWithCallback, spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { program, start } from "./browser.mjs";
import { client, newTeam, promptWith, signIn } from "./support.mjs";

const execFile = promisify(execFileWithCallback);
/** Python's requests is what the code for Python needs. */
const hasRequests = spawnSync("python3", ["-c", "import requests"]).status === 0;

describe("prompts", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  before(async () => {
    started = await start();
  });
  after(() => started.stop());

  const toast = (page, text) => page.locator("[data-sonner-toast]", { hasText: text }).first();

  test("from an empty installation to a resolved prompt", async (context) => {
    const key = await newTeam(started, "First prompt");
    const began = performance.now();
    const { page, faults, close } = await signIn(started, key, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("link", { name: "Create your first prompt" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Welcome");
    await page.getByRole("button", { name: /Create and promote/ }).click();
    await page.getByText(/Lower-case letters/).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("onboarding/welcome");
    await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("Welcome {{ name }} to {{ place }}.");
    const variables = page.getByRole("region", { name: "Variables" });
    await variables.getByText("place").waitFor();
    await variables.getByLabel("name", { exact: true }).fill("Ada");
    await page.getByRole("region", { name: "Rendered system" }).getByText("Welcome Ada to {{ place }}.").waitFor();
    await page.keyboard.press("ControlOrMeta+Enter");
    await page.waitForURL("**/prompts/onboarding%2Fwelcome/use");
    // The address changes first: until the page has followed, the editor has a field of that name too.
    await page.getByRole("button", { name: "Resolve now" }).waitFor();
    await page.getByLabel("place").fill("the sea’s \"edge\", isn't it");
    const text = `Welcome Ada to the sea’s "edge", isn't it.`;
    await page.getByRole("button", { name: "Resolve now" }).click();
    await page.getByRole("region", { name: "Answer" }).getByText(text).waitFor();

    // What is copied runs as it is, with a key that is made on the same page.
    await page.getByLabel("Name of the application").fill("onboarding service");
    await page.getByRole("button", { name: "Make a key" }).click();
    const applications = (await page.getByRole("region", { name: "new key" }).innerText()).trim().replace("export PROMPTLAB_KEY=", "");
    assert.match(applications, /^pl_/);
    const copied = async (language) => {
      await page.getByRole("button", { name: language, exact: true }).click();
      await page.getByRole("button", { name: `Copy ${language} code` }).click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      await page.getByRole("button", { name: "Copied" }).waitFor({ state: "detached" });
      const code = await page.evaluate(() => navigator.clipboard.readText());
      assert.ok(!code.includes(key), "the key is not in the code");
      return code;
    };
    const run = async (program, args) => (await execFile(program, args, { env: { ...process.env, PROMPTLAB_KEY: applications } })).stdout;
    assert.equal(JSON.parse(await run("sh", ["-c", await copied("curl")])).resolved_text, text);
    const took = (performance.now() - began) / 1000;
    assert.ok(took < 120, `${took} s`);
    context.diagnostic(`from signing in to the first answer of the application's own command: ${took.toFixed(1)} s`);
    assert.equal((await run(process.execPath, ["--input-type=module", "-e", await copied("JavaScript")])).trim(), text);
    const python = await copied("Python");
    if (hasRequests) assert.equal((await run("python3", ["-c", python])).trim(), text);
    const rust = await copied("Rust");
    assert.ok(rust.includes(`${started.url}/api/resolve/onboarding%2Fwelcome`) && rust.includes("the sea’s"), rust);
    assert.deepEqual(faults, []);
    await close();
  });

  test("edit, see the difference, promote, roll back, undo", async () => {
    const key = await newTeam(started, "Edit");
    const call = client(started.url, key);
    await promptWith(call, "greeting", ["Greet {{ name }} warmly.\nBe brief."]);
    const resolved = async () => (await call("POST", "/api/resolve/greeting", { variables: { name: "Ada" } })).version_number;
    const { page, faults, close } = await signIn(started, key);
    await page.getByRole("link", { name: "greeting" }).click();
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("{{#if known}}Greet{{/if}} {{ name }}");
    await page.getByText("{{#if known}}, {{/if}} stay as they are written").waitFor();
    await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("Greet {{ name }} politely.\nBe brief.");
    await page.getByRole("button", { name: "Review and save" }).click();
    const dialog = page.getByRole("dialog");
    const changes = dialog.getByRole("region", { name: "Changes of Prompt" });
    await changes.waitFor();
    const text = (await changes.innerText()).replaceAll(/\s+/g, " ");
    assert.match(text, /removed: Greet \{\{ name \}\} warmly\. .*added: Greet \{\{ name \}\} politely\. .*Be brief\./);
    await dialog.getByLabel("What changed and why").fill("Politer");
    await dialog.getByLabel("Then").selectOption("production");
    await dialog.getByRole("button", { name: "Save and promote to production" }).click();
    await toast(page, "Version 2 is live in production").waitFor();
    await page.getByText("production v2").waitFor();
    assert.equal(await resolved(), 2);

    await page.getByRole("button", { name: "Roll back" }).click();
    await dialog.getByText("Affects 100 % of production traffic within 5 s.").waitFor();
    await dialog.getByRole("region", { name: "Changes of Prompt" }).waitFor();
    await dialog.getByRole("button", { name: "Roll back to version 1" }).click();
    await toast(page, "Version 1 is live in production").waitFor();
    await toast(page, "Version 2 is live in production").waitFor({ state: "detached" });
    await page.getByText("production v1").waitFor();

    await toast(page, "Version 1 is live").getByRole("button", { name: "Undo" }).click();
    await toast(page, "Version 2 is live in production again").waitFor();
    await page.getByText("production v2").waitFor();

    await page.getByRole("link", { name: "History" }).click();
    const rows = page.getByRole("table").getByRole("row");
    await rows.nth(3).waitFor();
    assert.equal(await rows.count(), 5, "a head, two promotions, a rollback and its undoing");
    assert.equal(await page.getByRole("table").getByText("live", { exact: true }).count(), 1);
    assert.deepEqual(faults, []);
    await close();
  });

  test("somebody else moved the pointer meanwhile: nothing happens, and the page shows what is live", async () => {
    const key = await newTeam(started, "Race");
    const call = client(started.url, key);
    const [, second, third] = await promptWith(call, "raced", ["One", "Two", "Three"]);
    const { page, close } = await signIn(started, key);
    await page.goto("/prompts/raced?version=3");
    await page.getByRole("button", { name: "Promote v3" }).click();
    await page.getByRole("dialog").getByText("Version 1 is live now.").waitFor();
    await call("POST", "/api/prompts/raced/promote", { version_id: second.version_id, environment: "production" });
    await page.getByRole("button", { name: "Promote to version 3" }).click();
    await toast(page, "Promote failed").getByText("Something else was made live in production meanwhile.").waitFor();
    await page.getByRole("dialog").getByText("Version 2 is live now.").waitFor();
    await page.keyboard.press("ControlOrMeta+Enter");
    await toast(page, "Version 3 is live in production").waitFor();
    assert.equal((await call("GET", "/api/prompts/raced")).pointers.production.version_id, third.version_id);
    // Nor is what somebody else did since undone.
    await call("POST", "/api/prompts/raced/promote", { version_id: second.version_id, environment: "production" });
    await toast(page, "Version 3 is live in production").getByRole("button", { name: "Undo" }).click();
    await toast(page, "Nothing was undone").waitFor();
    await page.getByText("production v2").waitFor();
    await close();
  });

  test("a move says that it reaches nobody while an experiment decides", async () => {
    const key = await newTeam(started, "Reach");
    const call = client(started.url, key);
    const [first, second, third] = await promptWith(call, "tried", ["One", "Two", "Three"]);
    const variants = [first, second].map(({ version_id }) => ({ version_id, traffic_weight: 50 }));
    const body = { name: "Shorter", variants, allocation_strategy: "fixed_split", primary_metric: "approval" };
    const { experiment_id: experiment } = await call("POST", "/api/prompts/tried/experiments", body);
    const { page, faults, close } = await signIn(started, key);
    const dialog = page.getByRole("dialog");
    await page.goto("/prompts/tried?version=3");
    await page.getByRole("button", { name: "Promote v3" }).click();
    await dialog.getByText("Reaches users when the experiment has ended.").waitFor();
    assert.equal(await dialog.getByRole("link", { name: "Shorter" }).getAttribute("href"), `/experiments/${experiment}`);
    assert.equal(await dialog.getByText("Affects 100 %").count(), 0);
    await dialog.getByLabel("Environment").selectOption("staging");
    await dialog.getByText("Affects 100 % of staging traffic within 5 s.").waitFor();
    await dialog.getByLabel("Environment").selectOption("production");
    await dialog.getByRole("button", { name: "Promote to version 3" }).click();
    await toast(page, "Version 3 is live in production").waitFor();
    const resolved = async () => (await call("POST", "/api/resolve/tried", {})).version_id;
    assert.equal(await resolved(), first.version_id, "it is as the dialog said");
    await call("POST", `/api/experiments/${experiment}/stop`, {});
    while ((await resolved()) !== third.version_id) await new Promise((resolve) => setTimeout(resolve, 100));
    await page.goto("/prompts/tried?version=2");
    await page.getByRole("button", { name: "Promote v2" }).click();
    await dialog.getByText("Affects 100 % of production traffic within 5 s.").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("any two versions are compared, and the keyboard goes from change to change", async () => {
    const key = await newTeam(started, "Compare");
    const lines = Array.from({ length: 40 }, (_, index) => `Rule ${index + 1}`);
    await promptWith(client(started.url, key), "rules", [lines.join("\n"), lines.with(4, "Rule five").with(30, "Rule thirty-one").join("\n"), lines.join("\n") + "\nLast"]);
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts/rules/diff?from=1&to=2");
    await page.getByRole("button", { name: /Show \d+ unchanged lines/ }).first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    assert.match((await page.locator("[data-at]:visible").innerText()) ?? "", /thirty-one/);
    await page.keyboard.press("k");
    assert.match((await page.locator("[data-at]:visible").innerText()) ?? "", /five/);
    await page.getByRole("button", { name: "One column" }).click();
    await page.waitForURL(/layout=unified/);
    await page.getByLabel("To", { exact: true }).selectOption("1");
    await page.getByText("No changes").waitFor();
    await page.getByLabel("To", { exact: true }).selectOption("3");
    await page.getByText("+1").waitFor();
    await page.goBack();
    await page.getByText("No changes").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("archive, undo, and what a viewer may not do says why", async () => {
    const key = await newTeam(started, "Archive");
    const call = client(started.url, key);
    await promptWith(call, "old", ["Old"]);
    const { page, close } = await signIn(started, key);
    await page.getByRole("link", { name: "old" }).click();
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Archive" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Applications that resolve production v1 get 404 within 5 s").waitFor();
    assert.equal((await call("POST", "/api/resolve/old", {})).version_number, 1, "nothing has happened yet");
    await dialog.getByRole("textbox").fill("old");
    await dialog.getByRole("button", { name: "Archive" }).click();
    await page.getByText("This prompt is archived").waitFor();
    await toast(page, "old is archived").getByRole("button", { name: "Undo" }).click();
    await page.getByText("This prompt is archived").waitFor({ state: "detached" });
    const viewer = await call("POST", "/api/keys", { name: "Reader", role: "viewer" });
    await page.getByRole("button", { name: /switch keys/ }).click();
    await page.getByRole("menuitem", { name: "Add a key" }).click();
    await page.getByLabel("API key", { exact: true }).fill(viewer.key);
    await page.getByRole("button", { name: "Use this key" }).click();
    // Another key begins at the list; the page that is left has a link of that name too.
    await page.getByRole("row").getByRole("link", { name: "old" }).click();
    const promote = page.getByRole("button", { name: /^Promote/ });
    await promote.focus();
    await page.getByRole("tooltip").getByText("Needs an editor key. Yours is viewer.").waitFor();
    assert.equal(await promote.getAttribute("aria-disabled"), "true");
    await close();
  });

  test("an edit is not lost by accident", async () => {
    const key = await newTeam(started, "Draft");
    await promptWith(client(started.url, key), "draft", ["Text"]);
    const { page, close } = await signIn(started, key);
    await page.goto("/prompts/draft/edit");
    await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("Another text");
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Stay" }).click();
    assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "Another text");
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Leave" }).click();
    await page.waitForURL("**/prompts/draft");
    await close();
  });

  test("an edit that begins with an old version says so, also when somebody saves meanwhile", async () => {
    const key = await newTeam(started, "Newer");
    const call = client(started.url, key);
    await promptWith(call, "greeting", ["One", "Two"]);
    const { page, faults, close } = await signIn(started, key);
    await page.getByRole("link", { name: "greeting" }).click();
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByText("v2 is newer.").waitFor();
    const text = page.getByRole("textbox", { name: "Prompt", exact: true });
    assert.equal(await text.inputValue(), "One", "what is live is what one sees first");
    await page.getByRole("link", { name: "Start from v2" }).click();
    await page.getByRole("heading", { name: "Edit version 2" }).waitFor();
    assert.equal(await text.inputValue(), "Two");
    await text.fill("Two and a half");
    await call("POST", "/api/prompts/greeting/versions", { template_text: "Three", model_id: "offline" });
    await page.getByText("v3 is newer.").waitFor({ timeout: 20_000 });
    await page.getByRole("link", { name: "Start from v3" }).click();
    await page.getByRole("button", { name: "Stay" }).click();
    assert.equal(await text.inputValue(), "Two and a half");
    await page.getByRole("button", { name: "Review and save" }).click();
    await page.getByRole("dialog").getByText("v3 is newer than v2").waitFor();
    await page.getByRole("button", { name: "Save version" }).click();
    await page.getByRole("heading", { name: /^v4/ }).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("collections are made, renamed, chosen and deleted; tags stay to choose from", async () => {
    const key = await newTeam(started, "Shelves");
    const call = client(started.url, key);
    for (const [name, tags] of [["first", ["blue", "red"]], ["second", ["green"]]]) await call("POST", "/api/prompts", { name, tags });
    const { page, faults, close } = await signIn(started, key);
    const dialog = page.getByRole("dialog");
    const rows = page.getByRole("table", { name: "Prompts" }).getByRole("row");
    await page.getByRole("button", { name: "Edit collections" }).click();
    await dialog.getByLabel("New collection").fill("Onbarding");
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.getByRole("button", { name: "Rename Onbarding" }).click();
    await dialog.getByLabel("New name of Onbarding").fill("Onboarding");
    await dialog.getByRole("button", { name: "Rename", exact: true }).click();
    await dialog.getByRole("button", { name: "Delete Onboarding" }).waitFor();
    await page.keyboard.press("Escape");
    const [{ id }] = (await call("GET", "/api/collections")).data;
    await call("PATCH", "/api/prompts/first", { collection_id: id });
    await page.getByLabel("Collection", { exact: true }).selectOption("Onboarding");
    await rows.filter({ hasText: "second" }).waitFor({ state: "detached" });
    await rows.filter({ hasText: "first" }).getByText("Onboarding").waitFor();
    const tag = page.getByLabel("Tag", { exact: true });
    await tag.selectOption("red");
    await page.waitForURL(/tag=red/);
    assert.deepEqual(await tag.locator("option").allInnerTexts(), ["All tags", "blue (1)", "green (1)", "red (1)"]);
    await page.getByRole("button", { name: "Edit collections" }).click();
    await dialog.getByRole("button", { name: "Delete Onboarding" }).click();
    await dialog.getByText("Its prompts are archived with it").waitFor();
    await dialog.getByRole("textbox").fill("Onboarding");
    await dialog.getByRole("button", { name: "Delete and archive" }).click();
    await toast(page, "Onboarding is deleted").waitFor();
    assert.equal((await call("GET", "/api/prompts/first")).archived, true);
    assert.deepEqual(faults, []);
    await close();
  });

  test("versions are searched to the oldest, and the address holds the search", async () => {
    const key = await newTeam(started, "Long");
    const call = client(started.url, key);
    await promptWith(call, "long", ["Needle in the beginning", ...Array.from({ length: 60 }, (_, index) => `Text ${index}`)]);
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts/long");
    const versions = page.getByRole("navigation", { name: "Versions" });
    await versions.getByText("50 versions shown").waitFor();
    await versions.getByLabel("Search the versions").fill("needle");
    await versions.getByRole("link", { name: /Needle/ }).first().waitFor();
    await page.waitForURL(/find=needle/);
    assert.equal(await versions.getByRole("listitem").count(), 1);
    await page.reload();
    await versions.getByRole("link", { name: /Needle/ }).first().click();
    await page.waitForURL(/find=needle.*version=1|version=1.*find=needle/);
    assert.deepEqual(faults, []);
    await close();
  });
});
