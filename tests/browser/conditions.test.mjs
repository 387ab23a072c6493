/**
 * The pages when things are not as one would wish: keys that end, servers that are down, much data, other scripts.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { program, start } from "./browser.mjs";
import { assertAccessible, assertFits, client, newTeam, promptWith, signIn } from "./support.mjs";

describe("conditions", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  before(async () => {
    started = await start();
  });
  after(() => started.stop());

  test("a key is asked for, told apart from a wrong one, and never in an address", async () => {
    const context = await started.browser.newContext({ baseURL: started.url });
    const page = await context.newPage();
    await page.goto("/prompts/some%2Fprompt/use?version=3");
    assert.equal(new URL(page.url()).pathname, "/prompts/some%2Fprompt/use", "the address is where one goes on");
    await page.getByLabel("API key", { exact: true }).fill("pl_wrong");
    await page.keyboard.press("Enter");
    await page.getByText("This key does not work").waitFor();
    await page.getByLabel("API key", { exact: true }).fill(started.key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "There is no such prompt" }).waitFor();
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, "/prompts/some%2Fprompt/use?version=3");
    assert.match(await page.getByRole("alert").innerText(), /Request\s+req_/);
    await page.reload();
    await page.getByLabel("API key", { exact: true }).waitFor();
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, cookie: document.cookie }));
    assert.ok(!kept.includes("pl_"), kept);
    await context.close();
  });

  test("a revoked key is replaced without losing what was typed", async () => {
    const admin = await newTeam(started, "Revoked");
    const call = client(started.url, admin);
    await promptWith(call, "kept", ["Text"]);
    const made = await call("POST", "/api/keys", { name: "Short-lived", role: "publisher" });
    const { page, close } = await signIn(started, made.key);
    await page.goto("/prompts/kept/edit");
    await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("What I typed");
    await call("DELETE", `/api/keys/${made.id}`);
    // Each function learns of it by itself.
    while ((await fetch(`${started.url}/api/prompts`, { headers: { authorization: `Bearer ${made.key}` } })).ok) await new Promise((resolve) => setTimeout(resolve, 100));
    await page.getByRole("button", { name: "Review and save" }).click();
    await page.getByRole("button", { name: "Save version" }).click();
    await page.getByText("This key no longer works").waitFor();
    await assertAccessible(page, "a revoked key");
    await page.getByLabel("API key", { exact: true }).fill(admin);
    await page.getByRole("button", { name: "Go on with this key" }).click();
    await page.getByRole("button", { name: "Save version" }).click();
    await page.waitForURL(/prompts\/kept\?version=2/);
    assert.equal((await call("GET", "/api/prompts/kept/versions/2")).template_text, "What I typed");
    await close();
  });

  test("a server that is down is told, and found again", async () => {
    const key = await newTeam(started, "Down");
    await promptWith(client(started.url, key), "here", ["Text"]);
    const { page, close } = await signIn(started, key);
    await page.getByRole("link", { name: "here" }).waitFor();
    const cut = (route) => route.abort("connectionrefused");
    await page.route(/\/(api|health)/, cut);
    await page.getByRole("searchbox").fill("her");
    await page.getByText("The server cannot be reached. Applications go on").waitFor();
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await assertAccessible(page, "a server that is down");
    await page.unroute(/\/(api|health)/, cut);
    await page.getByText("The server cannot be reached. Applications go on").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "here" }).waitFor();
    await close();
  });

  for (const width of [1440, 390]) {
    test(`what one writes in stays in the window below the banner, ${width} px wide`, async () => {
      const { page, close } = await signIn(started, started.key, { viewport: { width, height: 800 } });
      await page.goto("/chat");
      const send = page.getByRole("button", { name: "Send" });
      const ends = async () => {
        const { y, height } = await send.boundingBox();
        return y + height;
      };
      await send.waitFor();
      // An answer that is still on its way would say that the server is there.
      await page.waitForLoadState("networkidle");
      const before = await ends();
      await page.route(/\/(api|health)/, (route) => route.abort("connectionrefused"));
      await page.getByRole("textbox", { name: "Message" }).fill("Hello");
      await send.click();
      await page.getByText("The server cannot be reached. Applications go on").waitFor();
      await send.waitFor();
      assert.equal(await ends(), before);
      await close();
    });
  }

  test("500 prompts: pages by cursor, and typing answers at once", async () => {
    const key = await newTeam(started, "Many");
    const call = client(started.url, key);
    const names = Array.from({ length: 500 }, (_, index) => `prompts/number-${String(index).padStart(3, "0")}`);
    for (let begin = 0; begin < names.length; begin += 20) await Promise.all(names.slice(begin, begin + 20).map((name) => call("POST", "/api/prompts", { name, tags: [`tag-${name.at(-1)}`] })));
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts?sort=name&order=asc");
    for (let shown = 50; shown < 500; shown += 50) {
      await page.getByText(`${shown} prompts shown`).waitFor();
      await page.getByRole("button", { name: "Load more" }).click();
    }
    await page.getByText("500 prompts", { exact: true }).waitFor();
    assert.equal(new URL(page.url()).search, "?sort=name&order=asc&pages=10");
    await page.reload();
    await page.getByText("500 prompts", { exact: true }).waitFor();
    await page.evaluate(() => {
      globalThis.slowest = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) globalThis.slowest = Math.max(globalThis.slowest, duration);
      }).observe({ type: "event", durationThreshold: 16, buffered: false });
    });
    for (let press = 0; press < 5; press += 1) await page.keyboard.press("j");
    await page.getByRole("searchbox").pressSequentially("number-49", { delay: 30 });
    await page.getByText("10 prompts", { exact: true }).waitFor();
    const slowest = await page.evaluate(() => globalThis.slowest);
    console.log(`# interaction to next paint on a list of 500 prompts: ${slowest} ms`);
    assert.ok(slowest < 200, `the slowest interaction took ${slowest} ms until the next paint`);
    assert.match(page.url(), /search=number-49/);
    assert.doesNotMatch(page.url(), /pages/, "another list begins at its first page");
    await page.getByRole("button", { name: "Name" }).click();
    // The address changes at once, the list when React has drawn it.
    await page.locator('th[aria-sort="descending"]', { hasText: "Name" }).waitFor();
    await page.getByRole("row").nth(1).getByText("number-499").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("a prompt of 60 kB is shown, edited and compared", async () => {
    const key = await newTeam(started, "Long");
    const text = Array.from({ length: 1_200 }, (_, index) => `Rule ${index}: answer in the language of the question.`).join("\n");
    await promptWith(client(started.url, key), "long", [text]);
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts/long/edit");
    const field = page.getByRole("textbox", { name: "Prompt", exact: true });
    await page.locator("[data-tokens]").waitFor();
    const before = Number(await page.locator("[data-tokens]").getAttribute("data-tokens"));
    assert.ok(before > 10_000, `${before} tokens`);
    await field.focus();
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.type(" And {{ more }}.", { delay: 10 });
    await page.getByRole("region", { name: "Variables" }).getByText("more").waitFor();
    await page.getByRole("button", { name: "Review and save" }).click();
    await page.getByRole("button", { name: "Show 1,196 unchanged lines" }).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("Hebrew, Arabic and emoji stand as they should", async () => {
    const key = await newTeam(started, "Scripts");
    const call = client(started.url, key);
    const hebrew = "ענה על {{ question }} בקצרה 👩‍👩‍👧‍👦";
    await promptWith(call, "scripts", [hebrew, "أجب عن {{ question }} بإيجاز 🇮🇱"]);
    const { page, faults, close } = await signIn(started, key, { viewport: { width: 390, height: 844 } });
    await page.goto("/prompts/scripts");
    const shown = page.getByRole("region", { name: "Text of Prompt" });
    assert.equal(await shown.innerText(), hebrew);
    assert.equal(await shown.evaluate((element) => getComputedStyle(element).direction), "rtl");
    await assertFits(page, "a prompt in Hebrew");
    await page.goto("/prompts/scripts/edit?from=2");
    assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).evaluate((element) => getComputedStyle(element).direction), "rtl");
    await page.goto("/prompts/scripts/diff?from=1&to=2");
    await page.getByRole("region", { name: "Changes of Prompt" }).waitFor();
    await assertFits(page, "a comparison");
    assert.deepEqual(faults, []);
    await close();
  });
});
