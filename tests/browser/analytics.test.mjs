/**
 * Stories of analytics: a range of time in the address, numbers as charts, tables and files.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { program, start } from "./browser.mjs";
import { assertAccessible, client, LOOKS, newTeam, promptWith, see, signIn } from "./support.mjs";

const MODELS = ["gpt-4o-mini", "gpt-4o", "claude-haiku-4-5", "gemini-2.5-flash", "o3-mini", "offline", "=cmd", "own-model"];

describe("analytics", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  let key;
  before(async () => {
    started = await start();
    key = await newTeam(started, "Figures");
    const call = client(started.url, key);
    const [version] = await promptWith(call, "support/reply", ["Answer {{ question }}."]);
    const { prompt_id } = await call("GET", "/api/prompts/support%2Freply");
    const events = Array.from({ length: 200 }, (_, index) => ({
      id: `event-${index}`,
      type: "inference",
      model: MODELS[Math.floor(index ** 0.5) % MODELS.length],
      ...(index % 2 === 0 ? { prompt_id, version_id: version.version_id, environment: "production" } : {}),
      user_id: `visitor-${index}`,
      request_id: `request-${index}`,
      status: index % 20 === 0 ? "error" : "ok",
      tokens_in: 100 + index,
      tokens_out: 50,
      cost_usd: 0.001 * (1 + (index % 5)),
      latency_ms: 100 + index * 7,
      ttft_ms: 40 + index,
    }));
    await call("POST", "/api/ingest", { events });
    for (let round = 0; round < 3; round += 1) await call("POST", "/api/ingest/drain");
    await Promise.all(Array.from({ length: 30 }, (_, index) => call("POST", "/api/feedback", { request_id: `request-${index}`, rating: index % 3 === 0 ? -1 : 1 })));
    for (let round = 0; round < 3; round += 1) await call("POST", "/api/ingest/drain");
  });
  after(() => started.stop());

  const figures = (page) => page.getByLabel("Figures");

  test("what happened, as figures, charts, tables and files", async () => {
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/analytics?range=1h");
    await figures(page).getByText("200", { exact: true }).waitFor();
    await figures(page).getByText("5.00 %").waitFor();
    await figures(page).getByText("66.7 %").waitFor();

    await page.getByLabel("Usage by").selectOption("model");
    await page.waitForURL(/by=model/);
    await page.getByText("Top 5 of 8").waitFor();
    await page.getByText("All others").waitFor();
    await page.getByRole("button", { name: "Usage as a table" }).click();
    await page.getByRole("table", { name: "Usage" }).getByRole("columnheader", { name: "All others" }).waitFor();

    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Cost as CSV" }).click()]);
    assert.equal(download.suggestedFilename(), "cost-by-prompt.csv");
    const lines = readFileSync(await download.path(), "utf8").split("\r\n");
    assert.equal(lines[0], "\ufeffGroup,Cost,Share,Per request,Requests,Tokens in,Tokens out");
    assert.match(lines.find((line) => line.startsWith("support/reply")), /^support\/reply,0\.\d+,0\.\d+,0\.\d+,100,\d+,5000$/);

    await page.getByLabel("Cost by").selectOption("model");
    await page.getByRole("region", { name: "Cost", exact: true }).getByText("=cmd").waitFor();
    const [models] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Cost as CSV" }).click()]);
    assert.match(readFileSync(await models.path(), "utf8"), /\r\n'=cmd,/, "a spreadsheet must not run it");

    const chart = page.getByRole("slider", { name: "Latency over time" });
    await chart.focus();
    await page.keyboard.press("End");
    assert.match(await chart.getAttribute("aria-valuetext"), /p50|nothing/);
    assert.deepEqual(faults, []);
    await close();
  });

  test("the address holds the range, and Back goes back", async () => {
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/analytics");
    await figures(page).getByText("200", { exact: true }).waitFor();
    await page.getByLabel("Range of time").selectOption("24h");
    await page.waitForURL(/range=24h/);
    await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await page.waitForURL(/zone=Asia%2FTokyo/);
    await page.goBack();
    await page.goBack();
    await page.waitForURL(/analytics$/);
    await page.getByLabel("Range of time").locator("option:checked", { hasText: "Last 7 days" }).waitFor({ state: "attached" });

    await page.getByLabel("Range of time").selectOption("custom");
    const daysAgo = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 16);
    await page.getByLabel("To", { exact: true }).fill(daysAgo(60));
    await page.getByText("It ends before it begins.").waitFor();
    await page.getByLabel("From", { exact: true }).fill(daysAgo(61));
    await page.getByText("Nothing happened in this time").waitFor();

    await page.goto("/analytics?prompt=support/reply");
    await figures(page).getByText("100", { exact: true }).waitFor();
    await page.goto("/prompts/support%2Freply/metrics");
    await figures(page).getByText("100", { exact: true }).waitFor();
    await page.getByRole("table", { name: "Versions" }).getByText("v1").waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  test("a prompt's name is typed without losing what is shown, and versions are sorted", async () => {
    const { page, faults, close } = await signIn(started, key);
    await page.goto("/analytics?range=1h");
    await figures(page).getByText("200", { exact: true }).waitFor();
    const asked = [];
    page.on("request", (request) => request.url().includes("/api/prompts/") && asked.push(new URL(request.url()).pathname));
    await page.getByLabel("Prompt", { exact: true }).pressSequentially("support/reply", { delay: 20 });
    await figures(page).getByText("100", { exact: true }).waitFor();
    assert.ok(asked.length <= 2 && asked.at(-1) === "/api/prompts/support%2Freply", `not a request for each letter: ${asked}`);
    await page.getByLabel("Prompt", { exact: true }).press("Backspace");
    await page.waitForResponse((response) => response.url().endsWith("support%2Frepl") && response.status() === 404);
    await figures(page).getByText("100", { exact: true }).waitFor();
    assert.equal(await page.getByText("There is no prompt of this name").count(), 0);
    await page.getByLabel("Prompt", { exact: true }).press("Enter");
    await page.getByText("There is no prompt of this name").waitFor();
    await page.getByRole("button", { name: "Show all prompts" }).click();

    const versions = page.getByRole("table", { name: "Versions" });
    await versions.getByRole("button", { name: "p95" }).click();
    await page.waitForURL(/sort=p95/);
    await versions.locator('th[aria-sort="descending"]', { hasText: "p95" }).waitFor();
    await page.getByLabel("Scale of latency").selectOption("log");
    await page.waitForURL(/scale=log/);
    assert.deepEqual(faults, []);
    await close();
  });

  for (const { name: look, options } of LOOKS) {
    test(`in every look: ${look}`, async () => {
      const { page, faults, close } = await signIn(started, key, options);
      for (const [name, address] of [["analytics-hour", "/analytics?range=1h&by=model"], ["analytics-no-prompt", "/analytics?prompt=nothing"], ["prompt-metrics-hour", "/prompts/support%2Freply/metrics?range=1h"]]) {
        await page.goto(address);
        await figures(page).or(page.getByText("There is no prompt of this name")).first().waitFor();
        await see(page, name, look);
      }
      await page.goto("/analytics?range=1h");
      await page.getByRole("button", { name: "Latency over time as a table" }).click();
      await assertAccessible(page, `table, ${look}`);
      assert.deepEqual(faults, []);
      await close();
    });
  }
});
