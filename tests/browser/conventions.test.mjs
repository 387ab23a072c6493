/**
 * What holds on every page: keyboard, addresses, loading, tables, themes, motion.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { program, start } from "./browser.mjs";
import { client, newTeam, promptWith, signIn } from "./support.mjs";

const ADDRESSES = ["/prompts", "/prompts/number-01", "/prompts/number-01/use", "/prompts/number-01/edit", "/experiments", "/chat", "/analytics", "/settings/keys", "/settings/audit"];

describe("conventions", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  let key, call;
  before(async () => {
    started = await start();
    key = await newTeam(started, "Conventions");
    call = client(started.url, key);
    for (let index = 0; index < 30; index += 1) await call("POST", "/api/prompts", { name: `number-${String(index).padStart(2, "0")}`, tags: index % 2 ? ["odd"] : [] });
    await promptWith(call, "compared", ["One", "Two"]);
    await call("PATCH", "/api/prompts/compared", { description: "Two versions side by side." });
  });
  after(() => started.stop());

  test("what is typed at once into the palette is searched for", async () => {
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/settings/keys");
    // Its code is there before anybody asks for it, and has run a moment later.
    await page.waitForEvent("requestfinished", (request) => request.url().includes("command-palette"));
    await page.keyboard.press("ControlOrMeta+k");
    await page.keyboard.type("compared", { delay: 30 });
    await page.getByRole("option", { name: "compared" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/prompts/compared");
    assert.deepEqual(faults, []);
    await close();
  });

  test("the keyboard goes everywhere", async () => {
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts?sort=name&order=asc");
    await page.getByRole("link", { name: "number-00" }).waitFor();
    for (const letter of ["j", "j", "j", "k"]) await page.keyboard.press(letter);
    const current = page.locator("tr[aria-current=true]");
    assert.match(await current.innerText(), /number-00/, "compared, number-00, number-01, and back");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/prompts/number-00");
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL("**/analytics");
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Go to a page or a prompt").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("combobox").fill("compared");
    await page.getByRole("option", { name: "compared" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/prompts/compared");
    // By what the server knows of it, not by its name alone.
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("combobox").fill("side by side");
    await page.getByRole("option", { name: /compared/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/prompts/compared");
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").getByRole("combobox").fill("audit");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/settings/audit");
    for (const address of ["/experiments", "/analytics"]) {
      await page.goto(address);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.keyboard.press("/");
      await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Prompt");
    }
    await page.goto("/settings/audit");
    await page.getByRole("table").waitFor();
    await page.keyboard.press("/");
    await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Resource");

    const { data: versions } = await call("GET", "/api/prompts/compared/versions");
    const variants = versions.map(({ version_id }, index) => ({ name: `arm-${index}`, version_id, traffic_weight: 50 }));
    await call("POST", "/api/prompts/compared/experiments", { name: "One against two", variants, allocation_strategy: "fixed_split", primary_metric: "approval" });
    await page.goto("/experiments");
    await page.getByRole("link", { name: "One against two" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "One against two" }).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("an address holds what is shown: typing replaces, choosing pushes, defaults stay out", async () => {
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts");
    const search = () => new URL(page.url()).search;
    const fieldHolds = (text) => page.waitForFunction((expected) => document.querySelector("main input[type=search]")?.value === expected, text);
    await page.getByLabel("Tag", { exact: true }).selectOption("odd");
    await page.waitForURL("**/prompts?tag=odd");
    await page.getByRole("searchbox").pressSequentially("number-1", { delay: 20 });
    await page.waitForURL(/search=number-1/);
    await page.getByText("5 prompts", { exact: true }).waitFor();
    await page.goBack();
    await page.waitForFunction(() => location.search === "");
    // One step back, not a letter.
    await fieldHolds("");
    await page.goForward();
    await page.waitForURL(/tag=odd&search=number-1/);
    await fieldHolds("number-1");
    await page.getByRole("searchbox").fill("");
    await page.getByLabel("Tag", { exact: true }).selectOption("");
    await page.waitForFunction(() => location.search === "");
    assert.equal(search(), "");

    await page.goto("/prompts/compared/diff?from=1&to=2");
    await page.getByRole("region", { name: "Changes of Prompt" }).waitFor();
    await page.goto("/analytics?range=24h&by=model");
    await page.getByRole("heading", { name: "Analytics" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Analytics" }).waitFor();
    assert.equal(search(), "?range=24h&by=model");

    // A row is a link like any other: it opens in a tab of its own.
    await page.goto("/prompts");
    assert.equal(await page.getByRole("link", { name: "number-29" }).getAttribute("href"), "/prompts/number-29");
    assert.deepEqual(faults, []);
    await close();
  });

  test("what loads shows nothing for 200 ms, then its shape; a busy button keeps its label", async () => {
    const { page, faults, close } = await signIn(started, key);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route(/\/api\/experiments/, async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole("navigation", { name: "Pages" }).first().getByRole("link", { name: "Experiments" }).click();
    const status = page.getByRole("status", { name: "Loading the experiments" });
    await status.waitFor();
    const bar = status.locator("[aria-hidden]").first();
    const { delay, fill, opacity } = await bar.evaluate((element) => {
      const [animation] = element.getAnimations();
      const { delay, fill } = animation.effect.getTiming();
      animation.currentTime = 199;
      return { delay, fill, opacity: getComputedStyle(element).opacity };
    });
    assert.deepEqual([delay, fill, opacity], [200, "both", "0"]);
    await bar.evaluate((element) => element.getAnimations()[0].finish());
    assert.equal(await bar.evaluate((element) => getComputedStyle(element).opacity), "1");
    release();
    await page.getByRole("heading", { name: "No experiments yet" }).or(page.getByRole("table")).first().waitFor();

    await page.goto("/prompts/compared?version=2");
    let answer;
    const waiting = new Promise((resolve) => (answer = resolve));
    await page.route(/\/promote$/, async (route) => {
      await waiting;
      await route.continue();
    });
    await page.getByRole("button", { name: "Promote v2" }).click();
    const button = page.getByRole("dialog").getByRole("button", { name: "Promote to version 2" });
    await button.click();
    await page.waitForFunction(() => document.querySelector("[role=dialog] [aria-busy=true]") !== null);
    assert.equal((await button.innerText()).trim(), "Promote to version 2");
    answer();
    await page.getByText("production v2").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("tables are tables: their head stays, numbers stand below each other", async () => {
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/prompts");
    await page.getByRole("link", { name: "number-29" }).waitFor();
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, 900);
    await page.waitForFunction(() => scrollY > 300);
    const head = await page.getByRole("columnheader", { name: "Versions" }).boundingBox();
    assert.ok(head.y >= 0 && head.y < 4, `the head is at ${head.y} px`);
    const [align, figures] = await page.getByRole("cell", { name: "0", exact: true }).first().evaluate((cell) => [getComputedStyle(cell).textAlign, getComputedStyle(cell).fontVariantNumeric]);
    assert.deepEqual([align, figures], ["end", "tabular-nums"]);
    assert.deepEqual(faults, []);
    await close();
  });

  test("a theme that was chosen is there with the first picture", async () => {
    const { page, faults, close } = await signIn(started, key, { colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: "Theme: as the system" }).click();
    await page.getByRole("button", { name: "Theme: light" }).click();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    const dark = await ground();
    assert.notEqual(dark, light);
    // Without the application: what decides runs before anything is drawn.
    await page.route(/\/assets\/.*\.js/, (route) => route.abort());
    await page.reload({ waitUntil: "load" });
    assert.equal(await ground(), dark);
    assert.deepEqual(faults.filter((fault) => !fault.includes("ERR_FAILED")), []);
    await close();
  });

  for (const reducedMotion of ["no-preference", "reduce"]) {
    test(`motion: ${reducedMotion}`, async () => {
      const { page, close } = await signIn(started, key, { reducedMotion });
      const bound = reducedMotion === "reduce" ? 1 : 200;
      for (const address of ADDRESSES) {
        await page.goto(address);
        await page.getByRole("heading", { level: 1 }).waitFor();
        const longest = await page.evaluate(() => {
          const milliseconds = (list) => Math.max(...list.split(",").map((each) => parseFloat(each) * (each.trim().endsWith("ms") ? 1 : 1000)));
          return Math.max(...[...document.querySelectorAll("body *")].map((element) => getComputedStyle(element)).map(({ transitionDuration, animationDuration }) => Math.max(milliseconds(transitionDuration), milliseconds(animationDuration))));
        });
        assert.ok(longest <= bound, `${address}: something moves for ${longest} ms`);
      }
      await close();
    });
  }
});
