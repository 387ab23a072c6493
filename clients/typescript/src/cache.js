/**
 * The answers of a server, the least recently used forgotten first. Plain data with an age: no promises of requests,
 * which some hosts do not let other requests see.
 * @template Value
 */
export class AnswerCache {
  /** @type {Map<string, {value: Value, storedAtMs: number}>} */
  #entries = new Map();
  #maxEntries;
  #now;

  /** @param {{maxEntries: number, now: () => number}} options */
  constructor({ maxEntries, now }) {
    this.#maxEntries = maxEntries;
    this.#now = now;
  }

  get size() {
    return this.#entries.size;
  }

  /** @param {string} key @returns {{value: Value, ageMs: number} | undefined} */
  get(key) {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return { value: entry.value, ageMs: Math.max(0, this.#now() - entry.storedAtMs) };
  }

  /** @param {string} key @param {Value} value @param {number} storedAtMs When it was true. */
  set(key, value, storedAtMs) {
    if (this.#maxEntries < 1) return;
    this.#entries.delete(key);
    this.#entries.set(key, { value, storedAtMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(oldest);
    }
  }

  /** @param {string} key */
  delete(key) {
    this.#entries.delete(key);
  }
}
