/**
 * The rest of WASI that Rust's std and the preview 1 adapter ask for: clocks, randomness and standard
 * output.
 */
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { InputStream, OutputStream, timer } from "./io.mjs";

const clocks = {
  "wasi:clocks/monotonic-clock": {
    now: () => process.hrtime.bigint(),
    resolution: () => 1n,
    subscribeDuration: (nanoseconds) => timer(Number(nanoseconds) / 1e6),
    subscribeInstant: (instant) => timer(Number(instant - process.hrtime.bigint()) / 1e6),
  },
  "wasi:clocks/wall-clock": {
    now() {
      const milliseconds = Date.now();
      return { seconds: BigInt(Math.floor(milliseconds / 1000)), nanoseconds: (milliseconds % 1000) * 1_000_000 };
    },
    resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }),
  },
};

const random = {
  "wasi:random/random": {
    getRandomBytes: (length) => new Uint8Array(randomBytes(Number(length))),
    getRandomU64: () => randomBytes(8).readBigUInt64LE(),
  },
  "wasi:random/insecure-seed": { insecureSeed: () => [randomBytes(8).readBigUInt64LE(), randomBytes(8).readBigUInt64LE()] },
};

class TerminalInput {}
class TerminalOutput {}

/** Standard output or error; Node's streams outlive the component, so they are never ended. */
function output(stream) {
  return () => new OutputStream(Object.assign(new EventEmitter(), { writable: stream }));
}

const cli = {
  "wasi:cli/environment": { getEnvironment: () => [], getArguments: () => [], initialCwd: () => undefined },
  "wasi:cli/exit": {
    exit() {
      throw new WebAssembly.RuntimeError("the component exits");
    },
  },
  "wasi:cli/stdin": { getStdin: () => new InputStream(Readable.from([])) },
  "wasi:cli/stdout": { getStdout: output(process.stdout) },
  "wasi:cli/stderr": { getStderr: output(process.stderr) },
  "wasi:cli/terminal-input": { TerminalInput },
  "wasi:cli/terminal-output": { TerminalOutput },
  "wasi:cli/terminal-stdin": { getTerminalStdin: () => undefined },
  "wasi:cli/terminal-stdout": { getTerminalStdout: () => undefined },
  "wasi:cli/terminal-stderr": { getTerminalStderr: () => undefined },
};

export const wasi = { ...clocks, ...random, ...cli };
