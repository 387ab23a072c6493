/**
 * The documentation at `/docs`, and how files are answered.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { assetHeaders, openPage, program, screenshots, start } from "./browser.mjs";
import { assertAccessible, assertFits, LOOKS } from "./support.mjs";

describe("documentation and files", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  before(async () => {
    started = await start();
  });
  after(() => started.stop());

  test("every file comes with the security headers", async () => {
    for (const path of ["/", "/docs", "/prompts/a%2Fb", "/scripts/theme.js", "/engine/browser.js", "/openapi.json"]) {
      const response = await fetch(started.url + path);
      assert.equal(response.status, 200, path);
      for (const [name, value] of Object.entries(assetHeaders())) assert.equal(response.headers.get(name), value, `${path}: ${name}`);
    }
  });

  test("files whose names change with their content may be kept", async () => {
    const html = await (await fetch(started.url)).text();
    const [script] = /\/assets\/[^"]+\.js/.exec(html) ?? [];
    assert.match((await fetch(started.url + script)).headers.get("cache-control") ?? "", /immutable/);
    assert.doesNotMatch((await fetch(started.url)).headers.get("cache-control") ?? "", /immutable/);
  });

  for (const { name, options } of LOOKS) {
    test(`the documentation, ${name}`, async () => {
      const { page, faults, close } = await openPage(started, options);
      await page.goto("/docs#create_version");
      const named = page.locator("#create_version.named");
      await named.waitFor();
      assert.ok(await named.evaluate((section) => Math.abs(section.getBoundingClientRect().top) < 200));
      await named.getByText("201", { exact: false }).first().click();
      assert.match(await named.innerText(), new RegExp(`curl '${started.url}/api/prompts/greeting/versions'`));
      await assertFits(page, "docs");
      await page.screenshot({ path: join(screenshots, `docs-${name}.png`) });
      await page.goto("/docs");
      await page.locator("#resolve").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("rollback");
      await page.getByText(/^\d+ of \d+ routes$/).waitFor();
      assert.ok(page.url().endsWith("/docs?search=rollback"));
      const found = await page.locator(".operation:visible").evaluateAll((sections) => sections.map(({ id }) => id));
      assert.ok(found.includes("roll_back") && !found.includes("health"), found.join(" "));
      // All routes at once take minutes, also where they are hidden; those that are left have the same parts.
      await page.evaluate(() => document.querySelectorAll(".operation[hidden]").forEach((section) => section.remove()));
      await assertAccessible(page, "docs");
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
