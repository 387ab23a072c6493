/**
 * Programs and packages of the operating system.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { run, tail, Failure } from "./processes.mjs";

/** Where Debian keeps servers that are not on an ordinary user's PATH. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin", "/usr/local/bin"];

/**
 * The full path of a program.
 * @param {string} command
 * @param {string[]} [folders] Looked through before PATH.
 * @returns {string | null}
 */
export function findProgram(command, folders = []) {
  const path = (process.env.PATH ?? "").split(":").filter(Boolean);
  for (const folder of [...folders, ...path, ...SYSTEM_FOLDERS]) {
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** How each package manager installs without asking. */
const MANAGERS = [
  { id: "apt", command: "apt-get", update: ["update", "-q"], install: ["install", "-y", "-q", "--no-install-recommends"], privileged: true },
  { id: "brew", command: "brew", update: null, install: ["install", "--quiet"], privileged: false },
  { id: "dnf", command: "dnf", update: null, install: ["install", "-y", "-q"], privileged: true },
  { id: "apk", command: "apk", update: ["update", "-q"], install: ["add", "-q"], privileged: true },
];

/**
 * Puts `sudo` in front where root is needed.
 * @param {string} purpose For the message when there is no way to become root.
 * @param {string} command What the person can run instead.
 * @returns {string[]} The words to put in front.
 */
export function privilege(purpose, command) {
  if (process.getuid?.() === 0) return [];
  const sudo = findProgram("sudo");
  if (!sudo) throw new Failure(`${purpose} is missing and installing it needs root: run \`${command}\` as root, then this again.`);
  return [sudo, "-n"];
}

/**
 * Installs packages with the system's package manager.
 * @param {string} purpose What they are for, as the person knows it.
 * @param {Partial<Record<"apt" | "brew" | "dnf" | "apk", string>>} packages Names by package manager, separated by spaces.
 */
export async function installPackages(purpose, packages) {
  const manager = MANAGERS.find(({ id, command }) => packages[id] && findProgram(command));
  if (!manager) throw new Failure(`${purpose} is missing and this system has no package manager we know: install it, then run this again.`);
  const names = packages[manager.id].split(" ");
  const manual = `${manager.privileged ? "sudo " : ""}${manager.command} install ${names.join(" ")}`;
  const front = manager.privileged ? privilege(purpose, manual) : [];
  const call = (args) => {
    const [command, ...rest] = [...front, manager.command, ...args];
    return run(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, timeoutMs: 600_000 });
  };
  console.log(`  ${purpose}: installing ${names.join(" ")} with ${manager.command}`);
  let result = await call([...manager.install, ...names]);
  if (result.code !== 0 && manager.update) {
    await call(manager.update);
    result = await call([...manager.install, ...names]);
  }
  if (result.code !== 0) throw new Failure(`${purpose} could not be installed; run \`${manual}\` yourself, then this again. ${tail(result.output, 1)}`);
}
