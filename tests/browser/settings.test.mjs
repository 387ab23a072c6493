/**
 * The settings, as an admin uses them: keys that come and go without anybody stopping work, providers, the audit log.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openPage, program, start } from "./browser.mjs";
import { assertAccessible, client, newTeam, promptWith, signIn } from "./support.mjs";

describe("settings", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  before(async () => {
    started = await start();
  });
  after(() => started.stop());

  const dialog = (page) => page.getByRole("dialog");
  const row = (page, name) => page.getByRole("row").filter({ hasText: name });
  const secretOf = async (page) => (await dialog(page).getByRole("region", { name: "new key" }).innerText()).trim();
  const statusWith = async (key) => (await fetch(`${started.url}/api/me`, { headers: { authorization: `Bearer ${key}` } })).status;

  test("rotate the key of this page and keep working", async () => {
    const key = await newTeam(started, "Rotation");
    await promptWith(client(started.url, key), "greeting", ["Hello."]);
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/settings/keys");
    await page.getByRole("button", { name: "Rotate First key" }).click();
    await dialog(page).getByText("This page uses this key.").waitFor();
    await dialog(page).getByRole("button", { name: "Rotate" }).click();
    const secret = await secretOf(page);
    assert.match(secret, /^pl_[0-9a-f]+$/);
    assert.notEqual(secret, key);
    await assertAccessible(page, "a new key");
    await page.keyboard.press("Escape");
    await dialog(page).getByText("nobody can see the key again").waitFor();
    await dialog(page).getByRole("button", { name: "I have copied it" }).click();
    assert.deepEqual([await statusWith(key), await statusWith(secret)], [401, 200]);

    await row(page, "this page").waitFor();
    await page.getByRole("link", { name: "Prompts" }).first().click();
    await page.getByRole("link", { name: "greeting" }).click();
    await page.getByRole("heading", { name: "greeting", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "greeting", level: 1 }).waitFor();
    const text = await page.evaluate(() => document.documentElement.outerHTML + location.href);
    assert.ok(!text.includes(secret), "the key is on no page and in no address");
    assert.deepEqual(faults, []);
    await close();
  });

  test("a key is made, used, rotated with a grace, and revoked by its name", async () => {
    const admin = await newTeam(started, "Keys");
    const { page, faults, close } = await signIn(started, admin);
    await page.goto("/settings/keys");
    await page.getByRole("button", { name: "New key" }).click();
    await dialog(page).getByRole("button", { name: "Create the key" }).click();
    await dialog(page).getByRole("alert").first().waitFor();
    await dialog(page).getByLabel("Name", { exact: true }).fill("checkout");
    await dialog(page).getByLabel("Role").selectOption("viewer");
    await dialog(page).getByLabel("Expires").selectOption({ label: "In 30 days" });
    await dialog(page).getByLabel("Chat requests an hour").fill("5");
    await dialog(page).getByLabel("User").fill("ada");
    await dialog(page).getByRole("button", { name: "Create the key" }).click();
    const first = await secretOf(page);
    await dialog(page).getByRole("button", { name: "I have copied it" }).click();
    assert.equal(await statusWith(first), 200);
    assert.match(await row(page, "checkout").innerText(), /viewer[\s\S]*active[\s\S]*5/);

    await page.getByRole("button", { name: "Rotate checkout" }).click();
    await dialog(page).getByLabel(/goes on working for/).selectOption({ label: "1 hour" });
    await dialog(page).getByRole("button", { name: "Rotate" }).click();
    const second = await secretOf(page);
    await dialog(page).getByRole("button", { name: "I have copied it" }).click();
    assert.deepEqual([await statusWith(first), await statusWith(second)], [200, 200], "both work for a while");
    await row(page, "works until").waitFor();

    await row(page, "active").getByRole("button", { name: "Revoke checkout" }).click();
    const revoke = dialog(page).getByRole("button", { name: "Revoke the key" });
    assert.equal(await revoke.getAttribute("aria-disabled"), "true");
    await dialog(page).getByRole("textbox").fill("checkout");
    await revoke.click();
    await page.locator("[data-sonner-toast]", { hasText: "is revoked" }).first().waitFor();
    assert.equal(await statusWith(second), 401);
    const ended = { name: /Show keys that have ended/ };
    // Not `check()`: the box follows the address, a moment after the click.
    await page.getByRole("checkbox", ended).click();
    await page.getByRole("checkbox", { ...ended, checked: true }).waitFor();
    await page.waitForURL(/ended=true/);
    await row(page, "revoked").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("who is no admin is told so, and may not", async () => {
    const admin = await newTeam(started, "Roles");
    const { key } = await client(started.url, admin)("POST", "/api/keys", { name: "reader", role: "viewer" });
    const { page, faults, close } = await signIn(started, key);
    for (const [address, title] of [["/settings/keys", "Keys are for admins"], ["/settings/providers", "Providers are for admins"], ["/settings/privacy", "Privacy settings are for admins"], ["/settings/audit", "Audit logs are for admins"]]) {
      await page.goto(address);
      await page.getByRole("heading", { name: title }).waitFor();
      await assertAccessible(page, title);
    }
    await page.goto("/settings/team");
    await page.getByText("Who else has a key of this team is for admins to see.").waitFor();
    await page.goto("/settings/keys");
    const create = page.getByRole("button", { name: "New key" });
    assert.equal(await create.getAttribute("aria-disabled"), "true");
    await create.focus();
    await page.getByRole("tooltip").getByText("Needs an admin key. Yours is viewer.").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("the key of an application says what it is for", async () => {
    const admin = await newTeam(started, "Application");
    const { key } = await client(started.url, admin)("POST", "/api/keys", { name: "checkout service", role: "runtime" });
    const { page, faults, close } = await openPage(started);
    await page.goto("/settings/keys");
    await page.getByLabel("API key", { exact: true }).fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "This key is for applications" }).waitFor();
    await assertAccessible(page, "an application's key");
    await page.getByRole("link", { name: "Open the chat" }).click();
    await page.getByLabel("Message", { exact: true }).fill("Hello");
    await page.keyboard.press("Enter");
    await page.getByRole("list", { name: "About this answer" }).waitFor();
    await page.getByRole("navigation", { name: "Pages" }).first().getByRole("link", { name: "Prompts" }).click();
    await page.getByLabel("API key", { exact: true }).fill(admin);
    await page.getByRole("button", { name: "Use this key" }).click();
    await page.getByRole("heading", { name: "No prompts yet" }).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("a provider's key is set, shown by its last four characters, replaced, forgotten", async () => {
    const admin = await newTeam(started, "Providers");
    const { page, faults, close } = await signIn(started, admin);
    await page.goto("/settings/providers");
    await page.getByRole("button", { name: "Set key: OpenAI" }).click();
    await dialog(page).getByLabel("API key").fill("sk-0123456789abcdef");
    await dialog(page).getByRole("button", { name: "Save the key" }).click();
    await row(page, "OpenAI").getByText("…cdef").waitFor();
    await page.getByRole("button", { name: "Add an endpoint" }).click();
    await dialog(page).getByLabel("Name").fill("our-models");
    await dialog(page).getByLabel("API key").fill("sk-0123456789abwxyz");
    await dialog(page).getByRole("button", { name: "Save the key" }).click();
    await dialog(page).getByText(/where the endpoint is/).waitFor();
    await dialog(page).getByLabel("Address").fill("https://models.example.com/v1");
    await dialog(page).getByRole("button", { name: "Save the key" }).click();
    await row(page, "our-models").getByText("…wxyz").waitFor();
    assert.ok(!(await page.content()).includes("sk-0123456789"), "a key that was given is never shown again");
    await page.getByRole("button", { name: "Forget: our-models" }).click();
    await dialog(page).getByRole("textbox").fill("our-models");
    await dialog(page).getByRole("button", { name: "Forget the key" }).click();
    await row(page, "our-models").waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
    await close();
  });

  test("the audit log says who did what, and its filters stand in the address", async () => {
    const admin = await newTeam(started, "Audit");
    const call = client(started.url, admin);
    const prompt = await call("POST", "/api/prompts", { name: "greeting" });
    await call("POST", "/api/prompts", { name: "farewell" });
    const { page, faults, close } = await signIn(started, admin);
    await page.goto("/settings/audit");
    const table = page.getByRole("table", { name: "Audit log" });
    await table.getByText("created the prompt greeting").waitFor();
    assert.equal(await table.getByRole("link", { name: "greeting" }).getAttribute("href"), `/prompts/${prompt.id}`);
    await page.keyboard.press("j");
    await page.locator("tr[aria-current=true]").waitFor();
    await table.getByRole("button", { name: "Details: created the prompt greeting" }).click();
    await table.getByText("prompt.create", { exact: true }).waitFor();
    await table.getByRole("button", { name: `Copy the id ${prompt.id}` }).waitFor();
    await table.getByText('"greeting"').waitFor();
    await assertAccessible(page, "an entry with its details");
    await table.getByRole("button", { name: "Show only this resource" }).click();
    await page.getByText("1 change", { exact: true }).waitFor();
    assert.match(page.url(), new RegExp(`resource=${prompt.id}`));
    await page.reload();
    await page.getByText("1 change", { exact: true }).waitFor();
    await page.getByLabel("By whom").fill("somebody else");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await page.getByLabel("To", { exact: true }).fill("2020-01-01");
    await page.getByText("Nothing matches").waitFor();
    assert.match(page.url(), /to=2020-01-01/);
    assert.deepEqual(faults, []);
    await close();
  });

  test("what becomes of personal data is chosen, refused where it is wrong, mended and saved", async () => {
    const admin = await newTeam(started, "Privacy");
    const { page, faults, close } = await signIn(started, admin);
    await page.goto("/settings/privacy");
    const everything = page.getByRole("group", { name: "Everything" });
    const chosen = (label) => page.getByLabel(label, { exact: true }).locator("option:checked").innerText();
    const save = page.getByRole("button", { name: /^Save/ });
    const saved = page.locator("[data-sonner-toast]", { hasText: "The privacy settings are saved" });
    await everything.getByRole("radio", { name: /^Mask/, checked: true }).waitFor();
    await everything.getByRole("radio", { name: /^Off/ }).check();
    assert.deepEqual([await chosen("Titles"), await chosen("Tools")], ["As the input: off", "As above: off"]);
    await page.getByLabel("Input", { exact: true }).selectOption({ label: "Drop: not kept at all" });
    assert.deepEqual([await chosen("Titles"), await chosen("Tools")], ["As the input: drop", "As above: off"]);

    const name = (number) => page.getByLabel(`Name of pattern ${number}`);
    const pattern = (number) => page.getByLabel(`Regular expression of pattern ${number}`);
    const add = page.getByRole("button", { name: "Add a pattern" });
    // The first is left empty: it is not sent, and what is wrong still stands where it belongs.
    await add.click();
    await add.click();
    await page.keyboard.type("Ticket!");
    await pattern(2).fill("T-[0-9]*|");
    await save.click();
    await page.getByText('"Ticket!" is no name').waitFor();
    await page.getByText("also matches an empty text").waitFor();
    await page.getByText("Something is not right yet").waitFor();
    assert.deepEqual([await name(1).getAttribute("aria-invalid"), await name(2).getAttribute("aria-invalid"), await pattern(2).getAttribute("aria-invalid")], [null, "true", "true"]);
    await assertAccessible(page, "a pattern that was refused");
    await page.getByRole("button", { name: "Remove pattern 1" }).click();
    await name(1).fill("ticket");
    await save.click();
    await page.locator("[aria-invalid=true]").and(pattern(1)).waitFor();
    assert.equal(await name(1).getAttribute("aria-invalid"), null);
    await pattern(1).fill("T-[0-9]{6}");
    await pattern(1).press("ControlOrMeta+Enter");
    await saved.waitFor();
    assert.equal(await page.locator("[aria-invalid=true]").count(), 0);

    const expected = { mode: "off", fields: { input: "drop" }, patterns: [{ name: "ticket", pattern: "T-[0-9]{6}" }] };
    assert.deepEqual(await client(started.url, admin)("GET", "/api/team/settings"), { redaction: expected });
    await page.reload();
    await everything.getByRole("radio", { name: /^Off/, checked: true }).waitFor();
    assert.deepEqual([await chosen("Input"), await name(1).inputValue(), await pattern(1).inputValue()], ["Drop: not kept at all", "ticket", "T-[0-9]{6}"]);
    await save.click();
    await page.getByText("Nothing has changed yet").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("unsaved privacy settings survive a server that is down, another admin and a wrong click", async () => {
    const admin = await newTeam(started, "Unsaved");
    const call = client(started.url, admin);
    const { page, faults, close } = await signIn(started, admin);
    await page.goto("/settings/privacy");
    const everything = page.getByRole("group", { name: "Everything" });
    const conversations = page.getByRole("group", { name: "What is stored of them" });
    const save = page.getByRole("button", { name: /^Save/ });
    const lookAgain = () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
    await everything.getByRole("radio", { name: /^Mask/, checked: true }).waitFor();
    await call("PUT", "/api/team/settings", { redaction: { mode: "drop" } });
    await lookAgain();
    await everything.getByRole("radio", { name: /^Drop/, checked: true }).waitFor();

    await conversations.getByRole("radio", { name: /^Mask/ }).check();
    await call("PUT", "/api/team/settings", { redaction: { mode: "off" } });
    await lookAgain();
    await page.getByText("Somebody else saved these settings meanwhile.").waitFor();
    await assertAccessible(page, "changed meanwhile");
    await everything.getByRole("radio", { name: /^Drop/, checked: true }).waitFor();
    await page.getByRole("button", { name: "Start from theirs" }).click();
    await everything.getByRole("radio", { name: /^Off/, checked: true }).waitFor();
    await conversations.getByRole("radio", { name: /^Off/, checked: true }).waitFor();

    // Nothing has told this page of what it would replace.
    const theirs = { redaction: { mode: "off", fields: { output: "drop" }, patterns: [] } };
    await call("PUT", "/api/team/settings", theirs);
    await conversations.getByRole("radio", { name: /^Mask/ }).check();
    await save.click();
    await page.getByText("Somebody else saved these settings meanwhile.").waitFor();
    assert.deepEqual(await call("GET", "/api/team/settings"), theirs);
    await page.getByRole("button", { name: "Start from theirs" }).click();
    await conversations.getByRole("radio", { name: /^Off/, checked: true }).waitFor();

    await conversations.getByRole("radio", { name: /^Drop/ }).check();
    const down = { status: 503, contentType: "application/problem+json", body: JSON.stringify({ status: 503, code: "unavailable", detail: "the database does not answer", request_id: "req_1" }) };
    let answer = () => {};
    const asked = new Promise((resolve) => (answer = resolve));
    await page.route("**/api/team/settings", async (route) => {
      if (route.request().method() !== "PUT") return route.continue();
      await asked;
      return route.fulfill(down);
    });
    await save.click();
    await page.locator("button[aria-busy=true]", { hasText: "Save" }).waitFor();
    answer();
    await page.getByText("The database does not answer.").waitFor();
    await conversations.getByRole("radio", { name: /^Drop/, checked: true }).waitFor();

    await page.getByRole("link", { name: "Team" }).click();
    await dialog(page).getByRole("button", { name: "Stay" }).click();
    assert.match(page.url(), /privacy$/);
    await page.unroute("**/api/team/settings");
    await save.click();
    await page.locator("[data-sonner-toast]", { hasText: "The privacy settings are saved" }).waitFor();
    await page.getByRole("link", { name: "Team" }).click();
    await page.waitForURL("**/settings/team");
    assert.deepEqual(await call("GET", "/api/team/settings"), { redaction: { mode: "off", fields: { output: "drop", conversations: "drop" }, patterns: [] } });
    assert.deepEqual(faults, []);
    await close();
  });

  test("those who run the installation add a team", async () => {
    const { page, faults, close } = await signIn(started, started.key);
    await page.goto("/settings/team");
    await page.getByRole("button", { name: "New team" }).click();
    const name = `Team ${Math.random().toString(36).slice(2, 8)}`;
    await dialog(page).getByLabel("Name").fill(name);
    await dialog(page).getByRole("button", { name: "Create the team" }).click();
    const secret = await secretOf(page);
    await dialog(page).getByRole("button", { name: "I have copied it" }).click();
    await page.getByRole("table", { name: "Teams" }).getByText(name).waitFor();
    assert.equal((await client(started.url, secret)("GET", "/api/me")).team.name, name);
    assert.deepEqual(faults, []);
    await close();
  });
});
