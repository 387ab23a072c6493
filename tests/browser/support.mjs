/**
 * What the suites of the pages share: a person who has signed in, calls to the API, axe.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "../../dev/processes.mjs";
import { openPage, screenshots } from "./browser.mjs";

const axe = readFileSync(join(root, "static/node_modules/axe-core/axe.min.js"), "utf8");

/** @typedef {Awaited<ReturnType<typeof import("./browser.mjs").start>>} Started */

/** A client of the API with a key. @param {string} url @param {string} key */
export function client(url, key) {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${key}`, ...(body ? { "content-type": "application/json" } : {}) };
    const response = await fetch(url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
    return response.status === 204 ? null : response.json();
  };
}

/** A team of its own, so that no story sees another's prompts. Answers its admin's key. @param {Started} started */
export async function newTeam({ url, key }, name) {
  const made = await client(url, key)("POST", "/api/teams", { name: `${name} ${Math.random().toString(36).slice(2, 8)}` });
  return made.key.key ?? made.key;
}

/**
 * A page whose person has signed in, as a person does.
 * @param {Started} started @param {string} key @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function signIn(started, key, options = {}) {
  const opened = await openPage(started, options);
  const { page } = opened;
  await page.goto("/sign-in");
  await page.getByLabel("API key", { exact: true }).fill(key);
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Prompts", level: 1 }).waitFor();
  return opened;
}

/** A prompt with versions of these texts, the first of them live in production. */
export async function promptWith(call, name, texts, { live = 0 } = {}) {
  await call("POST", "/api/prompts", { name });
  const path = `/api/prompts/${encodeURIComponent(name)}`;
  const versions = [];
  for (const text of texts) versions.push(await call("POST", `${path}/versions`, { template_text: text, model_id: "offline", commit_message: `Say “${text.slice(0, 20)}”` }));
  if (versions[live]) await call("POST", `${path}/promote`, { version_id: versions[live].version_id, environment: "production" });
  return versions;
}

/** Fails with what axe finds against WCAG 2.2 AA on the page as it is. @param {import("playwright-core").Page} page */
export async function assertAccessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join("\n    ")}`);
  });
  assert.deepEqual(found, [], `${what}: ${found.join("\n  ")}`);
}

/** Fails unless everything fits into the window's width. @param {import("playwright-core").Page} page */
export async function assertFits(page, what) {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(needed <= there, `${what}: ${needed} px in ${there} px`);
}

/** Colour scheme and width of the screens that pages are looked at on. */
export const LOOKS = ["light", "dark"].flatMap((colorScheme) =>
  [1440, 390].map((width) => ({ name: `${colorScheme}-${width}`, options: { colorScheme, viewport: { width, height: 900 } } })),
);

/** Where pictures go: `SCREENSHOTS=docs/screenshots` keeps them. */
const pictures = process.env.SCREENSHOTS ? resolve(process.env.SCREENSHOTS) : screenshots;
mkdirSync(pictures, { recursive: true });

/**
 * Looks at the page as it is: axe finds nothing, nothing is wider than the window, and a picture is taken.
 * @param {import("playwright-core").Page} page
 */
export async function see(page, name, look) {
  const what = `${name}, ${look}`;
  await page.waitForLoadState("networkidle");
  // What appears does so within 200 ms.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
  await assertFits(page, what);
  await assertAccessible(page, what);
  // What is kept is small; what is only looked at is exact.
  const kind = process.env.SCREENSHOTS ? { type: "jpeg", quality: 55 } : { type: "png" };
  await page.screenshot({ path: join(pictures, `${name}-${look}.${kind.type === "jpeg" ? "jpg" : "png"}`), ...kind });
}
