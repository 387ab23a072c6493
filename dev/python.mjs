/**
 * Packages of PyPI, for tests that ask what other people's programs make of ours.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./processes.mjs";

/**
 * A Python with a package, kept beside the other tools; none where there is no Python or no package index.
 * @param {string} requirement With its version: `openai==3.52.0`.
 * @returns {Promise<string | undefined>} The interpreter.
 */
export async function pythonWith(requirement) {
  const folder = join(root, ".tools", requirement.replace("==", "-"));
  const python = join(folder, "bin/python");
  if (existsSync(join(folder, "complete"))) return python;
  const attempt = async (command, args) => (await run(command, args, { timeoutMs: 120_000 }).catch(() => ({ code: 1 }))).code === 0;
  if (!(await attempt("python3", ["-m", "venv", folder]))) return undefined;
  const quiet = ["--quiet", "--disable-pip-version-check", "--retries", "1"];
  if (!(await attempt(python, ["-m", "pip", "install", ...quiet, requirement]))) return undefined;
  mkdirSync(join(folder, "complete"));
  return python;
}
