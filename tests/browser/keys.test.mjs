/**
 * Keys that change while something is open: drafts are asked about, another team sees nothing, other tabs follow.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openPage, program, start } from "./browser.mjs";
import { assertAccessible, client, newTeam, promptWith, signIn } from "./support.mjs";

describe("keys that change", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  before(async () => {
    started = await start();
  });
  after(() => started.stop());

  const switcher = (page) => page.getByRole("button", { name: /switch keys$/ }).first();
  const field = (page) => page.getByRole("textbox", { name: "Prompt", exact: true });
  const dialog = (page, name) => page.getByRole("dialog", { name });

  /** A page with two keys, of two teams, the first in use. */
  async function withTwoKeys() {
    const [one, two] = [await newTeam(started, "One"), await newTeam(started, "Two")];
    await promptWith(client(started.url, one), "ours", ["Text"]);
    const opened = await signIn(started, two);
    await switcher(opened.page).click();
    await opened.page.getByRole("menuitem", { name: "Add a key" }).click();
    await opened.page.getByLabel("API key", { exact: true }).fill(one);
    await opened.page.getByRole("button", { name: "Use this key" }).click();
    await opened.page.getByRole("link", { name: "ours" }).waitFor();
    return { ...opened, one, two };
  }

  test("another key is taken up once what is written may go", async () => {
    const { page, faults, close } = await withTwoKeys();
    const other = async () => {
      await switcher(page).click();
      await page.getByRole("menuitemradio", { name: /Two/ }).click();
    };
    await page.goto("/prompts/ours/edit");
    await field(page).fill("What I typed");
    await other();
    await dialog(page, "Leave without saving?").getByRole("button", { name: "Stay" }).click();
    assert.equal(await field(page).inputValue(), "What I typed");
    assert.match(await switcher(page).innerText(), /One/);
    await other();
    await dialog(page, "Leave without saving?").getByRole("button", { name: "Leave" }).click();
    await page.getByRole("heading", { name: "No prompts yet" }).waitFor();
    assert.match(await switcher(page).innerText(), /Two/);
    assert.equal(await page.getByRole("link", { name: "ours" }).count(), 0, "nothing of the other team");
    assert.deepEqual(faults, []);
    await close();
  });

  test("signing out asks too, and so do a new prompt and a new experiment", async () => {
    const { page, faults, close } = await withTwoKeys();
    const leave = async (choice) => dialog(page, "Leave without saving?").getByRole("button", { name: choice }).click();
    await page.goto("/new-prompt");
    await page.getByLabel("Name", { exact: true }).fill("mine");
    await page.getByRole("navigation", { name: "Pages" }).first().getByRole("link", { name: "Chat" }).click();
    await leave("Stay");
    await switcher(page).click();
    await page.getByRole("menuitem", { name: /Sign out/ }).click();
    await leave("Stay");
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "mine");
    await page.getByRole("navigation", { name: "Pages" }).first().getByRole("link", { name: "Experiments" }).click();
    await leave("Leave");
    await page.waitForURL("**/experiments");
    await page.goto("/experiments/new?kind=canary&prompt=ours");
    await page.getByLabel("Percent of step 1").fill("7");
    await page.getByRole("link", { name: "Experiments" }).first().click();
    await leave("Leave");
    await page.waitForURL("**/experiments");
    await switcher(page).click();
    await page.getByRole("menuitem", { name: /Sign out/ }).click();
    await page.waitForURL("**/sign-in");
    assert.deepEqual(faults, []);
    await close();
  });

  test("in a refused key's place another one of the session goes on, and one of another team elsewhere", async () => {
    const admin = await newTeam(started, "Refused");
    const call = client(started.url, admin);
    await promptWith(call, "kept", ["Text"]);
    const made = await call("POST", "/api/keys", { name: "Short-lived", role: "publisher" });
    const { page, close } = await signIn(started, admin);
    await switcher(page).click();
    await page.getByRole("menuitem", { name: "Add a key" }).click();
    await page.getByLabel("API key", { exact: true }).fill(made.key);
    await page.getByRole("button", { name: "Use this key" }).click();
    await dialog(page, "Add a key").waitFor({ state: "detached" });
    await page.goto("/prompts/kept/edit");
    await field(page).fill("What I typed");
    await call("DELETE", `/api/keys/${made.id}`);
    // Each function learns of it by itself.
    while ((await fetch(`${started.url}/api/prompts`, { headers: { authorization: `Bearer ${made.key}` } })).ok) await new Promise((resolve) => setTimeout(resolve, 100));
    await page.getByRole("button", { name: "Review and save" }).click();
    await page.getByRole("button", { name: "Save version" }).click();
    const refused = dialog(page, "This key no longer works");
    await refused.waitFor();
    await assertAccessible(page, "a refused key");

    // Another team's key would lose what is written.
    await refused.getByLabel("API key", { exact: true }).fill(await newTeam(started, "Strangers"));
    await refused.getByRole("button", { name: "Go on with this key" }).click();
    await dialog(page, "Leave without saving?").getByRole("button", { name: "Stay" }).click();
    await refused.getByRole("region", { name: "Keys of this session" }).getByRole("button", { name: /First key/ }).click();
    await refused.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Save version" }).click();
    await page.waitForURL(/prompts\/kept\?version=2/);
    assert.equal((await call("GET", "/api/prompts/kept/versions/2")).template_text, "What I typed");
    await close();
  });

  test("a tab that is opened beside has the key, stores none, and is signed out with the other", async () => {
    const key = await newTeam(started, "Tabs");
    await promptWith(client(started.url, key), "here", ["Text"]);
    const { page, faults, close } = await openPage(started);
    await page.goto("/prompts");
    await page.getByLabel("API key", { exact: true }).fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    const [second] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("link", { name: "here" }).click({ modifiers: ["ControlOrMeta"] })]);
    await second.getByRole("heading", { name: "here", level: 1 }).waitFor();
    const kept = await second.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, cookie: document.cookie }) + location.href);
    assert.ok(!kept.includes("pl_"), kept);
    await switcher(page).click();
    await page.getByRole("menuitem", { name: /Sign out/ }).click();
    await second.getByRole("heading", { name: "Sign in to PromptLab" }).waitFor();
    await second.reload();
    await second.getByRole("heading", { name: "Sign in to PromptLab" }).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("a key that is not to be kept is asked for after a reload; the one that is can go on", async () => {
    const { page, one, two, close } = await withTwoKeys();
    await switcher(page).click();
    await page.getByRole("menuitem", { name: "Add a key" }).click();
    const third = await newTeam(started, "Three");
    await page.getByLabel("API key", { exact: true }).fill(third);
    await page.getByRole("checkbox").uncheck();
    await page.getByRole("button", { name: "Use this key" }).click();
    await page.getByRole("heading", { name: "No prompts yet" }).waitFor();
    const stored = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    assert.deepEqual([one, two, third].map((key) => stored.includes(key)), [true, true, false]);
    await page.reload();
    await page.getByRole("region", { name: "Keys of this session" }).getByRole("button", { name: /One/ }).click();
    await page.getByRole("link", { name: "ours" }).waitFor();
    await close();
  });
});
