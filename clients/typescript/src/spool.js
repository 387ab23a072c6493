import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, statSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MOST_BYTES, MOST_EVENTS } from "./buffer.js";
import { newId } from "./ids.js";

/** @typedef {import("./buffer.js").EventBuffer} EventBuffer */
/** @typedef {{file: string, count: number, bytes: number, isUnderWay: boolean}} Segment */
/** @typedef {import("./buffer.js").Batch & {segment: Segment}} SpooledBatch */

const SUFFIX = ".events.jsonl";

/**
 * Events in files, each as large as one batch. An event is in its file when `append` returns, so that it outlives the
 * process; not the machine, for nothing is synchronised. A file goes when its events were delivered. What a crash leaves
 * is sent again by the next process, under the same ids.
 * @implements {EventBuffer}
 */
export class DiskSpool {
  spool = /** @type {const} */ ("disk");
  dropped = 0;
  /** Oldest first; the last may be open. @type {Segment[]} */
  #segments;
  /** @type {number | undefined} */
  #descriptor;

  /** @param {{directory: string, maxBytes?: number}} options A folder of this process's own. */
  constructor({ directory, maxBytes = 100_000_000 }) {
    this.directory = directory;
    this.maxBytes = maxBytes;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Names begin with a time, so that they sort by it.
    const names = readdirSync(directory).filter((name) => name.endsWith(SUFFIX)).sort();
    this.#segments = names.map((name) => readSegment(join(directory, name)));
  }

  get count() {
    return this.#segments.reduce((sum, { count, isUnderWay }) => sum + (isUnderWay ? 0 : count), 0);
  }

  get isFull() {
    const isOpen = this.#descriptor !== undefined;
    return this.#segments.some(({ isUnderWay }, index) => !isUnderWay && !(isOpen && index === this.#segments.length - 1));
  }

  /** @param {string} line */
  append(line) {
    const bytes = Buffer.byteLength(line) + 1;
    const segment = this.#openSegment(bytes);
    this.#write(`${line}\n`, bytes);
    segment.count += 1;
    segment.bytes += bytes;
    if (segment.count >= MOST_EVENTS) this.#seal();
    this.#trim();
  }

  /** @returns {SpooledBatch | undefined} */
  take() {
    for (;;) {
      const segment = this.#segments.find(({ isUnderWay }) => !isUnderWay);
      if (!segment) return undefined;
      if (segment === this.#segments.at(-1)) this.#seal();
      const lines = readLines(segment.file);
      this.dropped += Math.max(0, segment.count - lines.length);
      if (lines.length > 0) {
        segment.isUnderWay = true;
        return { lines, bytes: segment.bytes, segment };
      }
      this.#remove(segment);
    }
  }

  /** @param {import("./buffer.js").Batch} batch */
  settle(batch) {
    this.#remove(/** @type {SpooledBatch} */ (batch).segment);
  }

  /** @param {import("./buffer.js").Batch} batch */
  restore(batch) {
    /** @type {SpooledBatch} */ (batch).segment.isUnderWay = false;
  }

  close() {
    this.#seal();
  }

  /** @param {string} text @param {number} bytes */
  #write(text, bytes) {
    try {
      if (writeSync(/** @type {number} */ (this.#descriptor), text) === bytes) return;
      throw new Error("the disk is full");
    } catch (error) {
      // The next event must not follow on half a line.
      this.#seal();
      throw error;
    }
  }

  /** @param {number} bytes */
  #openSegment(bytes) {
    const last = this.#segments.at(-1);
    if (last && this.#descriptor !== undefined && last.bytes + bytes <= MOST_BYTES) return last;
    this.#seal();
    const segment = { file: join(this.directory, sortedName() + SUFFIX), count: 0, bytes: 0, isUnderWay: false };
    this.#descriptor = openSync(segment.file, "ax", 0o600);
    this.#segments.push(segment);
    return segment;
  }

  #seal() {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #trim() {
    let bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    while (bytes > this.maxBytes) {
      const oldest = this.#segments.slice(0, -1).find(({ isUnderWay }) => !isUnderWay);
      if (!oldest) return;
      bytes -= oldest.bytes;
      this.dropped += oldest.count;
      this.#remove(oldest);
    }
  }

  /** @param {Segment} segment */
  #remove(segment) {
    this.#segments = this.#segments.filter((other) => other !== segment);
    try {
      unlinkSync(segment.file);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
    }
  }
}

let named = 0;

/** A name that sorts after those that this process has made before, and, by the clock, after those of others. */
function sortedName() {
  named += 1;
  return [String(Date.now()).padStart(13, "0"), String(named).padStart(8, "0"), newId().slice(-8)].join("-");
}

/** What an earlier process left. @param {string} file @returns {Segment} */
function readSegment(file) {
  return { file, count: readLines(file).length, bytes: statSync(file).size, isUnderWay: false };
}

/** The whole lines of a file: a crash may have cut the last one. @param {string} file */
function readLines(file) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").filter((line) => line !== "" && isJson(line));
}

/** @param {string} line */
function isJson(line) {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
