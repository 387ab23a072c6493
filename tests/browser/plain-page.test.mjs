/**
 * The page at `/` and the documentation at `/docs`, as a person uses them.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { assetHeaders, openPage, program, screenshots, start } from "./browser.mjs";

const looks = [
  ["light", 1440],
  ["light", 390],
  ["dark", 1440],
  ["dark", 390],
].map(([colorScheme, width]) => ({ colorScheme, viewport: { width, height: 900 }, name: `${colorScheme}-${width}` }));

describe("pages in a browser", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  before(async () => {
    started = await start();
    await arrange();
  });
  after(() => started.stop());

  async function call(method, path, body) {
    const options = { method, headers: { authorization: `Bearer ${started.key}`, "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(started.url + path, options);
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
    return response.json();
  }

  /** A prompt that is live. */
  async function arrange() {
    if ((await fetch(`${started.url}/api/prompts/plain-page`, { headers: { authorization: `Bearer ${started.key}` } })).ok) return;
    await call("POST", "/api/prompts", { name: "plain-page" });
    const content = { template_text: "Greet {{ name }} in one sentence.", system_prompt: "You are friendly and brief.", model_id: "offline" };
    const { version_id } = await call("POST", "/api/prompts/plain-page/versions", content);
    await call("POST", "/api/prompts/plain-page/promote", { version_id, environment: "production" });
  }

  async function openPlainPage(options) {
    const opened = await openPage(started, options);
    await opened.page.goto("/");
    await opened.page.getByLabel("API key").fill(started.key);
    await opened.page.getByText("admin of team").waitFor();
    return opened;
  }

  /** Fails unless everything fits into the window's width. */
  async function assertFits(page) {
    const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(needed <= there, `${needed} px in ${there} px`);
  }

  /** The whole page; its header stays at the top only when nothing is scrolled. */
  async function photograph(page, name) {
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  }

  test("every file comes with the security headers", async () => {
    for (const path of ["/", "/docs", "/scripts/plain-page.js", "/openapi.json"]) {
      const { headers } = await fetch(started.url + path);
      for (const [name, value] of Object.entries(assetHeaders())) assert.equal(headers.get(name), value, `${path}: ${name}`);
    }
  });

  test("the status is live", async () => {
    const { page, faults, close } = await openPage(started);
    await page.goto("/");
    await page.getByText(/✓ up, version/).waitFor();
    assert.equal(await page.getByText(/✓ up, \d+ ms/).count(), 2);
    assert.deepEqual(faults, []);
    await close();
  });

  for (const { name, ...look } of looks) {
    test(`resolve and chat, ${name}`, async () => {
      const { page, faults, close } = await openPlainPage(look);
      const resolve = page.locator("#resolve");
      await resolve.getByLabel("Prompt").fill("plain-page");
      await resolve.getByLabel("Variables").fill('{"name": "Ada"}');
      await page.keyboard.press("Control+Enter");
      await page.getByText("Greet Ada in one sentence.", { exact: true }).waitFor();
      assert.match(await page.locator("#resolve-result .facts").innerText(), /200[\s\S]*age \d+ ms[\s\S]*version 1/);

      const chat = page.locator("#chat");
      await chat.getByLabel("Prompt").fill("plain-page");
      await chat.getByLabel("Variables").fill('{"name": "Ada"}');
      await chat.getByLabel("Message").fill("Why is the sky blue?");
      const growth = countGrowth(page);
      await page.keyboard.press("Control+Enter");
      await page.getByText(/tokens in, \d+ out/).waitFor();
      assert.match(await page.locator(".answer .text").innerText(), /You are friendly and brief\.\s+Greet Ada/);
      assert.ok((await growth) > 3, `the answer came in ${await growth} pieces`);
      await assertFits(page);
      assert.deepEqual(faults, []);
      await photograph(page, `plain-page-${name}`);
      await close();
    });
  }

  /** How many times the answer was seen to be longer than before. */
  async function countGrowth(page) {
    return page.evaluate(
      () =>
        new Promise((resolve) => {
          let length = 0;
          let times = 0;
          const look = () => {
            const answer = document.querySelector(".answer");
            const now = answer?.querySelector(".text").textContent.length ?? 0;
            if (now > length) times += 1;
            length = now;
            if (answer && !answer.hasAttribute("aria-busy")) resolve(times);
            else requestAnimationFrame(look);
          };
          look();
        }),
    );
  }

  test("Stop keeps what came so far, and the conversation goes on", async () => {
    const { page, faults, close } = await openPlainPage();
    const message = page.locator("#chat-message");
    await message.fill("Tell me a long story");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForFunction(() => document.querySelector(".answer .text")?.textContent.length > 20);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("stopped: what came so far is kept").waitFor();
    const kept = await page.locator(".answer .text").innerText();
    await message.fill("Go on");
    await page.keyboard.press("Control+Enter");
    await page.waitForFunction(() => document.querySelectorAll(".answer .text")[1]?.textContent.length > 20);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelectorAll(".answer .warn").length === 2);
    assert.equal(await page.locator(".answer .text").first().innerText(), kept);
    assert.equal((await call("GET", "/api/conversations?limit=1")).data[0].title, "Tell me a long story");
    await page.getByRole("button", { name: "New conversation" }).click();
    assert.equal(await page.locator(".answer").count(), 0);
    assert.deepEqual(faults, []);
    await close();
  });

  test("problems are told with their code and request id", async () => {
    const { page, faults, close } = await openPlainPage({ colorScheme: "dark" });
    const result = page.locator("#resolve-result");
    await page.locator("#resolve").getByLabel("Prompt").fill("nowhere");
    await page.getByRole("button", { name: "Resolve" }).click();
    await result.getByText("404 not_found").waitFor();
    assert.match(await result.innerText(), /Request\s+req_\w+/);
    await page.locator("#resolve-variables").fill("{");
    await page.getByRole("button", { name: "Resolve" }).click();
    await result.getByText("not a JSON object").waitFor();
    await page.locator("#chat-model").fill("no-such-model");
    await page.locator("#chat-message").fill("Hello");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("422 validation_failed").waitFor();
    assert.equal(await page.locator("#chat-message").inputValue(), "Hello");
    await photograph(page, "plain-page-problems");
    await page.getByLabel("API key").fill("pl_wrong");
    await page.locator("#key-owner .bad").waitFor();
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("401 unauthenticated").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  for (const { name, ...look } of looks) {
    test(`the documentation, ${name}`, async () => {
      const { page, faults, close } = await openPage(started, look);
      await page.goto("/docs#create_version");
      const named = page.locator("#create_version.named");
      await named.waitFor();
      assert.ok(await named.evaluate((section) => Math.abs(section.getBoundingClientRect().top) < 200));
      await named.getByText("201", { exact: false }).first().click();
      assert.match(await named.innerText(), new RegExp(`curl '${started.url}/api/prompts/greeting/versions'`));
      await assertFits(page);
      await page.screenshot({ path: join(screenshots, `docs-${name}.png`) });
      await page.goto("/docs");
      await page.locator("#resolve").waitFor();
      await page.screenshot({ path: join(screenshots, `docs-top-${name}.png`) });
      await page.keyboard.press("/");
      await page.keyboard.type("rollback");
      await page.getByText(/^\d of \d+ routes$/).waitFor();
      assert.ok(page.url().endsWith("/docs?search=rollback"));
      const found = await page.locator(".operation:visible").evaluateAll((sections) => sections.map(({ id }) => id));
      assert.ok(found.includes("roll_back") && !found.includes("health"), found.join(" "));
      assert.deepEqual(faults, []);
      await close();
    });
  }

  test("the documentation shows every route", async () => {
    const { page, close } = await openPage(started);
    await page.goto("/docs");
    await page.locator("#resolve").waitFor();
    const { paths } = await (await fetch(`${started.url}/openapi.json`)).json();
    const count = Object.values(paths).reduce((sum, path) => sum + Object.keys(path).length, 0);
    assert.equal(await page.locator(".operation").count(), count);
    await close();
  });
});
