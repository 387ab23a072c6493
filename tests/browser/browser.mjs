/**
 * A real Chromium for tests, and an installation for it to look at.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { root } from "../../dev/processes.mjs";
import { startStack } from "../../dev/stack.mjs";
import { findProgram } from "../../dev/system-packages.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The browser's program; empty where there is none. */
export const program = process.env.CHROMIUM ?? findProgram("chromium") ?? findProgram("chromium-browser") ?? findProgram("google-chrome") ?? "";

export const screenshots = join(root, "target/screenshots");

/**
 * Starts a browser and, unless `PROMPTLAB_URL` and `PROMPTLAB_ADMIN_KEY` name one, an installation.
 * @returns {Promise<{browser: import("playwright-core").Browser, url: string, key: string, stop: () => Promise<void>}>}
 */
export async function start() {
  mkdirSync(screenshots, { recursive: true });
  const { PROMPTLAB_URL: given, PROMPTLAB_ADMIN_KEY: key } = process.env;
  const dir = mkdtempSync(join(tmpdir(), "promptlab-browser-"));
  const stack = given ? { url: given, adminKey: key, stop: async () => {} } : await startStack({ dir });
  const browser = await chromium.launch({ executablePath: program, args: FLAGS });
  const stop = async () => {
    await browser.close();
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { browser, url: stack.url, key: stack.adminKey, stop };
}

/**
 * Opens a page that notes what no page should do: errors, messages of errors, violations of the security policy,
 * requests to anywhere else. `SLOWER_BROWSER=6` gives pages a sixth of the processor: what a test takes for granted
 * on a fast machine fails then.
 * @param {{browser: import("playwright-core").Browser, url: string}} started
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function openPage({ browser, url }, options = {}) {
  const context = await browser.newContext({ baseURL: url, ...options });
  const page = await context.newPage();
  const slower = Number(process.env.SLOWER_BROWSER ?? 1);
  if (slower > 1) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: slower });
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // The browser itself notes every answer that is no success: tests provoke some.
    const isStatus = message.text().startsWith("Failed to load resource: the server responded with a status of");
    if (["error", "warning"].includes(message.type()) && !isStatus) faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) faults.push(`a request to ${request.url()}`);
  });
  return { page, faults, close: () => context.close() };
}

/** The headers that the front door's files are to be answered with, in lower case. */
export function assetHeaders() {
  // The first block is for every file.
  const [everywhere] = readFileSync(join(root, "static/public/_headers"), "utf8").split("\n\n");
  const lines = everywhere.split("\n");
  const pairs = lines.filter((line) => /^\s+\S/.test(line)).map((line) => line.trim().split(/:\s*(.*)/));
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}
