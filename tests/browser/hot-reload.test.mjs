/**
 * `npm run dev` in static/: Vite with the project's configuration, in front of a running stack. What is edited arrives
 * in the page without loading it anew.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "../../dev/processes.mjs";
import { openPage, program, start } from "./browser.mjs";
import { client, newTeam, promptWith } from "./support.mjs";

const pages = join(root, "static");

describe("hot reload", { skip: program ? false : "there is no Chromium on this machine" }, () => {
  /** @type {Awaited<ReturnType<typeof start>>} */
  let started;
  let vite, url;
  /** What an editor would have saved, by file: the files themselves stay as they are. */
  const edited = new Map();
  before(async () => {
    started = await start();
    process.env.PROMPTLAB_URL = started.url;
    const { createServer } = await import(pathToFileURL(createRequire(join(pages, "package.json")).resolve("vite")).href);
    const editor = { name: "editor", enforce: "pre", load: (id) => edited.get(id) ?? null };
    // What is watched is told of by hand.
    vite = await createServer({ root: pages, plugins: [editor], logLevel: "error", server: { port: 0, host: "127.0.0.1", watch: null } });
    await vite.listen();
    url = `http://127.0.0.1:${vite.httpServer.address().port}`;
  });
  after(async () => {
    await vite?.close();
    await started.stop();
  });

  function edit(file, from, to) {
    const path = join(pages, file);
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from), `${file} holds “${from}”`);
    edited.set(path, text.replace(from, to));
    vite.watcher.emit("change", path);
  }

  test("an edit arrives, and what was typed stays", async () => {
    const key = await newTeam(started, "Hot");
    await promptWith(client(started.url, key), "greeting", ["Hello"]);
    const { page, faults, close } = await openPage({ ...started, url });
    await page.goto("/prompts");
    await page.getByRole("heading", { name: "Sign in to PromptLab" }).waitFor();
    await page.evaluate(() => (globalThis.loadedOnce = true));
    await page.getByLabel("API key", { exact: true }).fill(key);
    edit("src/shell/sign-in.tsx", "Sign in to PromptLab", "Sign in to the workshop");
    await page.getByRole("heading", { name: "Sign in to the workshop" }).waitFor();
    assert.equal(await page.getByLabel("API key", { exact: true }).inputValue(), key);

    // The API is the running stack's.
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "greeting" }).waitFor();
    edit("src/features/prompts/list-page.tsx", 'title="Prompts"', 'title="Our prompts"');
    await page.getByRole("heading", { name: "Our prompts" }).waitFor();
    assert.equal(await page.evaluate(() => globalThis.loadedOnce), true, "the page was not loaded anew");
    assert.deepEqual(faults, []);
    await close();
  });
});
