/**
 * What waits to be sent, and where: in memory, or on a disk (`spool.js`). Events are lines of JSON.
 * @typedef {{lines: string[], bytes: number}} Batch
 * @typedef {object} EventBuffer
 * @property {number} count Events that wait, those under way not counted.
 * @property {number} dropped Events that were given up because there was no room.
 * @property {boolean} isFull Whether there is a whole batch.
 * @property {(line: string) => void} append
 * @property {() => Batch | undefined} take The oldest batch; it is under way until one of the next two.
 * @property {(batch: Batch) => void} settle It was delivered.
 * @property {(batch: Batch) => void} restore It was not.
 * @property {() => void} close
 */

/** What the server takes at once. */
export const MOST_EVENTS = 500;
/** Below the megabyte that it takes, with room for what stands around the events. */
export const MOST_BYTES = 900_000;

/** How many bytes a text is on the wire, without encoding it: at most three for each unit of UTF-16. @param {string} text */
export function byteLength(text) {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff ? 2 : 1;
  }
  return bytes;
}

/** Events in memory. The oldest are dropped when there are too many. @implements {EventBuffer} */
export class MemoryBuffer {
  dropped = 0;
  /** @type {string[]} */
  #lines = [];
  #bytes = 0;

  /** @param {{maxEvents: number, maxBytes: number}} limits */
  constructor({ maxEvents, maxBytes }) {
    this.limits = { maxEvents, maxBytes };
  }

  get count() {
    return this.#lines.length;
  }

  get isFull() {
    return this.#lines.length >= MOST_EVENTS || this.#bytes >= MOST_BYTES;
  }

  /** @param {string} line */
  append(line) {
    this.#lines.push(line);
    this.#bytes += byteLength(line);
    this.#trim();
  }

  take() {
    let bytes = 0;
    let count = 0;
    for (const line of this.#lines) {
      const size = byteLength(line) + 1;
      if (count === MOST_EVENTS || (count > 0 && bytes + size > MOST_BYTES)) break;
      bytes += size;
      count += 1;
    }
    if (count === 0) return undefined;
    this.#bytes -= bytes - count;
    return { lines: this.#lines.splice(0, count), bytes };
  }

  settle() {}

  /** @param {Batch} batch */
  restore({ lines, bytes }) {
    this.#lines.unshift(...lines);
    this.#bytes += bytes - lines.length;
    this.#trim();
  }

  #trim() {
    let excess = Math.max(0, this.#lines.length - this.limits.maxEvents);
    const first = this.#lines.slice(0, excess);
    this.#bytes -= first.reduce((sum, line) => sum + byteLength(line), 0);
    while (this.#bytes > this.limits.maxBytes) {
      this.#bytes -= byteLength(this.#lines[excess] ?? "");
      excess += 1;
    }
    this.#lines.splice(0, excess);
    this.dropped += excess;
  }

  close() {}
}
