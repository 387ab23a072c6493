/**
 * How long a change takes until the last of several isolates shows it.
 */
import { poll } from "./installation.mjs";

/** What is once seen and then seen again for this long, in milliseconds, stays. */
const SETTLED_MS = 150;

/** Callers of one address on several edges, who say since when each edge answers as expected. */
export class Watch {
  /** @type {(number | null)[]} */
  #since;
  #isExpected = (_answer) => true;
  #polls;

  /** @param {string[]} urls One per edge. @param {{key: string, everyMs?: number, connections?: number}} options */
  constructor(urls, { key, everyMs = 20, connections = 2 }) {
    this.#since = urls.map(() => null);
    this.#polls = urls.flatMap((url, edge) =>
      Array.from({ length: connections }, () => poll(url, { key, everyMs, onAnswer: (answer) => this.#note(edge, answer) })),
    );
  }

  #note(edge, answer) {
    if (!this.#isExpected(answer)) this.#since[edge] = null;
    else this.#since[edge] ??= performance.now();
  }

  /**
   * Waits until every edge answers as expected, and goes on doing so.
   * @param {(answer: import("./installation.mjs").Answer) => boolean} isExpected
   * @returns {Promise<number>} When the last one began to, on the clock of `performance.now()`.
   */
  async all(isExpected, timeoutMs = 20_000) {
    this.expect(isExpected);
    return this.settled(timeoutMs);
  }

  /** The same for what is expected already. */
  async settled(timeoutMs = 20_000) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const now = performance.now();
      if (this.#since.every((since) => since !== null && now - since >= SETTLED_MS)) return Math.max(...this.#since);
      if (now > deadline) throw new Error(`an edge did not show the change within ${timeoutMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Begins to look for something else. */
  expect(isExpected) {
    this.#isExpected = isExpected;
    this.#since.fill(null);
  }

  async stop() {
    await Promise.all(this.#polls.map(({ stop }) => stop()));
  }
}

export const shows = (text) => (answer) => answer.status === 200 && answer.body?.resolved_text === text;
export const says = (status) => (answer) => answer.status === status;
