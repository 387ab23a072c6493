/**
 * A Rust toolchain for wasm32-unknown-unknown (Workers) and wasm32-wasip1 (Spin).
 *
 * Every ordinary machine has rustup, which downloads both targets. Where its server cannot be reached,
 * Debian's packages have a compiler and the sources of std, which is then built once.
 *
 * The result is `.tools/wasm.env`, KEY=VALUE lines that a wasm build puts into its environment;
 * `PATH_PREFIX` goes in front of PATH.
 */
import { execFileSync } from "node:child_process";
import {
  accessSync, constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync,
  symlinkSync, writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { root, run, tail, Failure } from "./processes.mjs";
import { findProgram, installPackages, privilege } from "./system-packages.mjs";

const WORKERS = "wasm32-unknown-unknown";
const WASI = "wasm32-wasip1";
const TARGETS = [WORKERS, WASI];
const DEBIAN_PACKAGES = "rustc-web cargo-web rust-web-src lld-22 wasi-libc";
/** Written beside the std that we build: the compiler it was built for. */
const STAMP = "promptlab-rustc-version";

/** getrandom asks its user to choose the source of randomness on a target that has several. */
const WORKERS_RUSTFLAGS = '--cfg getrandom_backend="wasm_js"';

/** What the choice of toolchain depends on, without starting a process. */
export function toolchainKey() {
  const files = [
    findProgram("rustc"), findProgram("rustup"), "/usr/bin/rustc", join(rustupHome(), "settings.toml"), import.meta.filename,
  ];
  const stamps = files.map((file) => (file && existsSync(file) ? `${file} ${statSync(file).mtimeMs}` : ""));
  return [...stamps, process.env.RUSTUP_TOOLCHAIN, process.env.PROMPTLAB_WASM_TOOLCHAIN, root].join("\n");
}

function rustupHome() {
  return process.env.RUSTUP_HOME ?? join(homedir(), ".rustup");
}

/**
 * Makes both targets usable and writes `wasm.env`.
 * @param {string} toolsDir
 * @returns {Promise<string>} Which toolchain it is.
 */
export async function installWasmTargets(toolsDir) {
  if (!findProgram("rustc") || !findProgram("cargo")) {
    throw new Failure("Rust is missing: install it from https://rustup.rs, then run this again.");
  }
  // For a machine where the downloads work but Debian's compiler is wanted.
  const wantsDebian = process.env.PROMPTLAB_WASM_TOOLCHAIN === "debian";
  if (!wantsDebian && ((await hasTargets("rustc")) || (await addTargets()))) {
    writeEnvironment(toolsDir, { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: WORKERS_RUSTFLAGS });
    return (await version("rustc"));
  }
  if (!findProgram("apt-get")) {
    throw new Failure(`the wasm targets are missing: run \`rustup target add ${TARGETS.join(" ")}\`, then this again.`);
  }
  return installDebianToolchain(toolsDir);
}

async function version(rustc) {
  return (await run(rustc, ["--version"])).output.trim();
}

/** Where a compiler looks for the std of a target. */
async function libraryFolder(rustc, target) {
  const { code, output } = await run(rustc, ["--print", "target-libdir", "--target", target]);
  return code === 0 ? output.trim().split("\n").at(-1) : null;
}

function holdsStd(folder) {
  return folder !== null && existsSync(folder) && readdirSync(folder).some((file) => /^libstd-.*\.rlib$/.test(file));
}

async function hasTargets(rustc) {
  for (const target of TARGETS) if (!holdsStd(await libraryFolder(rustc, target))) return false;
  return true;
}

async function addTargets() {
  if (!findProgram("rustup")) return false;
  await run("rustup", ["target", "add", ...TARGETS], { timeoutMs: 180_000 });
  return hasTargets("rustc");
}

async function installDebianToolchain(toolsDir) {
  if (!debianToolchainIsInstalled()) {
    await installPackages("the wasm toolchain", { apt: DEBIAN_PACKAGES });
  }
  const bin = join(toolsDir, "wasm-bin");
  linkPrograms(bin);
  const rustc = join(bin, "rustc");
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  // Left by rustup's proxies when this script was itself started by cargo.
  for (const name of ["RUSTC", "CARGO", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"]) delete env[name];
  for (const target of TARGETS) await buildStd(rustc, target, env);
  const wasiLibc = execFileSync("dpkg", ["-L", "wasi-libc"]).toString().split("\n").find((file) => file.endsWith("/crt1-reactor.o"));
  const libraries = wasiLibc.slice(0, wasiLibc.lastIndexOf("/"));
  writeEnvironment(toolsDir, {
    PATH_PREFIX: bin,
    CARGO: join(bin, "cargo"),
    RUSTC: rustc,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: WORKERS_RUSTFLAGS,
    CARGO_TARGET_WASM32_WASIP1_LINKER: join(bin, "wasm-ld"),
    CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS:
      `-Clink-self-contained=no -Lnative=${libraries} -Clink-arg=${wasiLibc} -Clink-arg=--export=_initialize`,
  });
  return `${await version(rustc)}, Debian's, with our own std`;
}

function debianToolchainIsInstalled() {
  try {
    const states = execFileSync("dpkg-query", ["-W", "-f", "${Status}\n", ...DEBIAN_PACKAGES.split(" ")], {
      stdio: ["ignore", "pipe", "ignore"],
    }).toString().trim().split("\n");
    return states.every((state) => state === "install ok installed");
  } catch {
    return false;
  }
}

/** A folder that holds this toolchain's programs and nothing else, fit for the front of PATH. */
function linkPrograms(bin) {
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  for (const name of ["cargo", "rustc", "rustdoc"]) symlinkSync(`/usr/bin/${name}`, join(bin, name));
  // The linker is found by name, and Debian's are called otherwise.
  symlinkSync("/usr/bin/lld-22", join(bin, "rust-lld"));
  symlinkSync("/usr/bin/wasm-ld-22", join(bin, "wasm-ld"));
}

/** Compiles std for a target and puts it where the compiler looks for it, unless it is there for this very compiler. */
async function buildStd(rustc, target, env) {
  const folder = await libraryFolder(rustc, target);
  const compiler = await version(rustc);
  const stamp = join(folder, STAMP);
  if (holdsStd(folder) && existsSync(stamp) && readFileSync(stamp, "utf8") === compiler) return;

  console.log(`  wasm targets: building std for ${target} (about a minute, once)`);
  const crate = mkdtempSync(join(tmpdir(), "promptlab-std-"));
  try {
    mkdirSync(join(crate, "src"));
    writeFileSync(join(crate, "src/lib.rs"), "");
    writeFileSync(join(crate, "Cargo.toml"), '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n');
    const parts = target === WORKERS ? "std,panic_abort,panic_unwind,proc_macro" : "std,panic_abort,proc_macro";
    const { code, output } = await run(
      join(rustc, "../cargo"),
      ["build", "--release", `-Zbuild-std=${parts}`, "--target", target],
      // Without embedded bitcode a later link with LTO fails on a missing `.llvmbc` section.
      { cwd: crate, env: { ...env, RUSTC: rustc, RUSTC_BOOTSTRAP: "1", RUSTFLAGS: "-Cembed-bitcode=yes", CARGO_TARGET_DIR: join(crate, "target") } },
    );
    if (code !== 0) throw new Failure(`std for ${target} could not be built: ${tail(output, 3)}`);
    const built = join(crate, "target", target, "release/deps");
    const rlibs = readdirSync(built).filter((file) => file.endsWith(".rlib") && !file.startsWith("libempty-"));
    writeFileSync(join(built, STAMP), compiler);
    await installStd(folder, [...rlibs, STAMP].map((file) => join(built, file)));
  } finally {
    rmSync(crate, { recursive: true, force: true });
  }
}

/** Replaces the content of the library folder, which belongs to root on most machines. */
async function installStd(folder, files) {
  if (isWritable(folder)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const file of files) copyFileSync(file, join(folder, file.slice(file.lastIndexOf("/") + 1)));
    return;
  }
  const front = privilege("std for the wasm targets", "make setup");
  const script = 'folder=$1; shift; rm -rf "$folder" && mkdir -p "$folder" && cp "$@" "$folder"';
  const [command, ...rest] = [...front, "sh", "-c", script, "install", folder, ...files];
  const { code, output } = await run(command, rest);
  if (code !== 0) throw new Failure(`std could not be copied to ${folder}: ${tail(output, 1)}`);
}

/** Whether we may create or replace this folder. */
function isWritable(folder) {
  let existing = folder;
  while (!existsSync(existing)) existing = join(existing, "..");
  try {
    accessSync(existing, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The environment of a wasm build, from the `wasm.env` that set-up has written. @param {string} toolsDir */
export function wasmEnvironment(toolsDir) {
  const { PATH_PREFIX, ...variables } = parseEnv(readFileSync(join(toolsDir, "wasm.env"), "utf8"));
  const path = PATH_PREFIX ? `${PATH_PREFIX}:${process.env.PATH}` : process.env.PATH;
  return { ...process.env, ...variables, PATH: path };
}

function writeEnvironment(toolsDir, variables) {
  mkdirSync(toolsDir, { recursive: true });
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(toolsDir, "wasm.env"), lines.join(""));
}
