import { MOST_BYTES, byteLength } from "./buffer.js";
import { PromptLabError } from "./errors.js";
import { newId } from "./ids.js";
import { toJson } from "./json.js";
import { toSnakeCase } from "./names.js";
import { sleep, waitAfter } from "./transport.js";

/** @typedef {import("./buffer.js").Batch} Batch @typedef {import("../index.d.ts").Inference} Inference */

/** A batch has longer than a question that somebody waits for; its retries are made here. */
const PATIENCE = { timeoutMs: 15_000, attemptTimeoutMs: 15_000, retries: 0 };
const FIRST_WAIT_MS = 500;
/** Who has been sending for longer has ended without a word, as requests on Workers do. */
const ABANDONED_AFTER_MS = 20_000;
/** One event must leave room for others. */
const LARGEST_EVENT_BYTES = MOST_BYTES / 4;

/** Takes events without making anybody wait, and sends them in batches until the server has them. */
export class InferenceLog {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #timerAtMs = Infinity;
  /** @type {Promise<boolean> | undefined} */
  #sending;
  #failures = 0;
  #retryAtMs = 0;
  #isClosed = false;
  #leave = new AbortController();
  #counts = { logged: 0, accepted: 0, duplicates: 0, rejected: 0, unusable: 0, failedSends: 0 };
  /** Batches under way, and since when. @type {Map<Batch, number>} */
  #flights = new Map();

  /**
   * @param {import("./transport.js").Transport} transport
   * @param {{buffer: import("./buffer.js").EventBuffer, flushIntervalMs: number, isolatedRequests: boolean,
   *   report: (error: unknown) => void}} options
   */
  constructor(transport, options) {
    this.transport = transport;
    this.options = options;
    // What an earlier process has left.
    if (options.buffer.count > 0) this.#schedule();
  }

  /** Never throws and never waits. @param {Inference} inference @returns {string} The event's id. */
  log(inference) {
    const id = inference.id ?? newId();
    try {
      this.#append({ ...inference, id });
    } catch (error) {
      this.#counts.unusable += 1;
      this.options.report(error);
    }
    return id;
  }

  stats() {
    const { count, dropped } = this.options.buffer;
    const { unusable, ...counts } = this.#counts;
    const inFlight = [...this.#flights.keys()].reduce((sum, { lines }) => sum + lines.length, 0);
    return { ...counts, queued: count + inFlight, dropped: dropped + unusable };
  }

  /** Sends what there is. @param {{timeoutMs?: number}} [options] @returns {Promise<boolean>} Whether everything has arrived. */
  async flush({ timeoutMs = 10_000 } = {}) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const left = deadline - performance.now();
      if (await within(this.#send(), left)) return true;
      const wait = Math.max(1, this.#retryAtMs - performance.now());
      if (performance.now() + wait >= deadline) return false;
      await sleep(wait);
    }
  }

  /** Sends what there is and takes no more. What has not arrived by then is lost, unless a spool has it. @param {{timeoutMs?: number}} [options] */
  async close(options) {
    this.#isClosed = true;
    const hasArrived = await this.flush(options);
    clearTimeout(this.#timer);
    // What is under way must not keep the process.
    this.#leave.abort(new PromptLabError("this client was closed", { code: "closed" }));
    await this.#sending;
    this.options.buffer.close();
    return hasArrived;
  }

  /** @param {Inference & {id: string}} inference */
  #append(inference) {
    if (this.#isClosed) throw new PromptLabError("this client is closed", { code: "closed" });
    const fields = { ...toSnakeCase(inference), type: "inference" };
    let line = toJson(fields);
    if (byteLength(line) > LARGEST_EVENT_BYTES) {
      // Its numbers count all the same.
      const { messages, output, tools, metadata, ...rest } = /** @type {Record<string, unknown>} */ (fields);
      line = toJson({ ...rest, metadata: { contents_omitted: "too large" } });
      if (byteLength(line) > LARGEST_EVENT_BYTES) throw new PromptLabError("an inference is too large", { code: "body_too_large" });
    }
    this.options.buffer.append(line);
    this.#counts.logged += 1;
    this.#schedule();
  }

  /** Sends later: at once when a batch is full, and not before a server that failed has had its rest. */
  #schedule() {
    // Here timers end with the request that set them: it is for the application to flush.
    if (this.options.isolatedRequests || this.#isClosed) return;
    const now = performance.now();
    const at = Math.max(this.#retryAtMs, this.options.buffer.isFull ? now : now + this.options.flushIntervalMs);
    if (at >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = at;
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Infinity;
      this.#send().then(() => this.options.buffer.count > 0 && this.#schedule());
    }, at - now);
    // A process may end while events wait; `close` is how they are kept.
    /** @type {any} */ (this.#timer).unref?.();
  }

  /** Sends batch after batch. @returns {Promise<boolean>} Whether nothing is left. */
  #send() {
    if (this.options.isolatedRequests) return this.#sendAll();
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  async #sendAll() {
    const { buffer, report } = this.options;
    this.#takeBack();
    for (;;) {
      let batch;
      try {
        batch = buffer.take();
      } catch (error) {
        report(error);
      }
      if (!batch) return buffer.count === 0;
      this.#flights.set(batch, performance.now());
      try {
        await this.#deliver(batch.lines);
      } catch (error) {
        this.#fail(batch, error);
        return false;
      }
      this.#failures = 0;
      this.#retryAtMs = 0;
      if (this.#flights.delete(batch)) this.#settle(batch);
    }
  }

  /** Takes back what somebody had in hand who has ended. If it has arrived all the same, it is counted once. */
  #takeBack() {
    const since = performance.now() - ABANDONED_AFTER_MS;
    for (const [batch, begun] of this.#flights) {
      if (begun > since) continue;
      this.#flights.delete(batch);
      this.options.buffer.restore(batch);
    }
  }

  /** @param {Batch} batch */
  #settle(batch) {
    try {
      this.options.buffer.settle(batch);
    } catch (error) {
      // It has arrived; the file that is left is sent again, and counted once.
      this.options.report(error);
    }
  }

  /** @param {Batch} batch @param {unknown} error */
  #fail(batch, error) {
    if (this.#flights.delete(batch)) this.options.buffer.restore(batch);
    this.#counts.failedSends += 1;
    const wait = error instanceof PromptLabError ? waitAfter(error, this.#failures, FIRST_WAIT_MS) : FIRST_WAIT_MS;
    this.#failures += 1;
    this.#retryAtMs = performance.now() + wait;
    this.options.report(error);
  }

  /** @param {string[]} lines */
  async #deliver(lines) {
    const request = { method: "POST", path: "/api/ingest", body: `{"events":[${lines.join(",")}]}` };
    try {
      const { body } = await this.transport.send(request, PATIENCE, this.#leave.signal);
      this.#count(body);
    } catch (error) {
      if (!(error instanceof PromptLabError) || !error.isMistake) throw error;
      // No time will make it right.
      if (error.status !== 413 || lines.length === 1) return this.#refuse(lines.length, error);
      const half = lines.length >> 1;
      await this.#deliver(lines.slice(0, half));
      await this.#deliver(lines.slice(half));
    }
  }

  /** @param {any} answer */
  #count({ accepted, duplicates, rejected }) {
    this.#counts.accepted += accepted;
    this.#counts.duplicates += duplicates;
    if (rejected.length === 0) return;
    const [{ code, detail, errors }] = rejected;
    this.#refuse(rejected.length, new PromptLabError(detail, { code, errors, status: 422 }));
  }

  /** @param {number} count @param {PromptLabError} error */
  #refuse(count, error) {
    this.#counts.rejected += count;
    this.options.report(error);
  }
}

/** @param {Promise<boolean>} promise @param {number} ms */
async function within(promise, ms) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, Math.max(0, ms), false)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
