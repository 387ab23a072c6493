import { ConnectionError, PromptLabError, TimeoutError, errorOf } from "./errors.js";

/** @typedef {{status: number, headers: Headers, body: any}} Answer */
/**
 * @typedef {object} Patience
 * @property {number} timeoutMs For all tries together.
 * @property {number} attemptTimeoutMs For one.
 * @property {number} retries After the first.
 */

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;

/** How long to wait after the failure number `attempt`, from 0: doubling, and half of it by chance. @param {number} attempt */
export function backoffMs(attempt, firstMs = FIRST_WAIT_MS) {
  const whole = Math.min(LONGEST_WAIT_MS, firstMs * 2 ** Math.min(attempt, 20));
  return whole * (0.5 + Math.random() / 2);
}

/** How long to wait after a failure: as long as the server says, else by the rule. @param {PromptLabError} error @param {number} attempt */
export function waitAfter(error, attempt, firstMs = FIRST_WAIT_MS) {
  const wait = backoffMs(attempt, firstMs);
  return error.retryAfterMs === undefined ? wait : error.retryAfterMs + Math.min(wait, error.retryAfterMs / 10);
}

/** @param {number} ms @param {AbortSignal} [signal] @returns {Promise<void>} */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const leave = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", leave);
      resolve();
    }, ms);
    signal?.addEventListener("abort", leave, { once: true });
  });
}

/** JSON over HTTP with time-outs and retries. */
export class Transport {
  /** Not an enumerable field: what prints the client prints no key. @type {string} */
  #apiKey;
  #fetch;

  /** @param {{baseUrl: string, apiKey: string, fetch?: typeof fetch | undefined}} options */
  constructor({ baseUrl, apiKey, fetch: given }) {
    // A key that is no header's value would be quoted in the error of `fetch`.
    if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey)) throw new TypeError("apiKey must be an API key: printable, without spaces");
    const url = new URL(baseUrl);
    if (url.username || url.password) throw new TypeError("baseUrl must have no user name and no password");
    this.baseUrl = url.href.replace(/\/+$/, "");
    this.#apiKey = apiKey;
    // Browsers and Workers refuse a `fetch` that is called as another object's method.
    this.#fetch = given ?? ((/** @type {any} */ input, /** @type {any} */ init) => fetch(input, init));
  }

  /** What OpenAI's clients are made with, to ask this server. */
  openAIOptions() {
    return { baseURL: `${this.baseUrl}/v1`, apiKey: this.#apiKey };
  }

  /**
   * Sends until there is an answer, the tries are used up or the time is.
   * @param {{method: string, path: string, body: string, headers?: Record<string, string>}} request
   * @param {Patience} patience
   * @param {AbortSignal} [signal]
   * @returns {Promise<Answer>}
   */
  async send(request, { timeoutMs, attemptTimeoutMs, retries }, signal) {
    const deadline = performance.now() + timeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted();
      const left = deadline - performance.now();
      try {
        return await this.#sendOnce(request, Math.min(left, attemptTimeoutMs), signal);
      } catch (error) {
        if (!(error instanceof PromptLabError) || !error.isUnavailable || attempt >= retries) throw error;
        const wait = waitAfter(error, attempt);
        if (performance.now() + wait >= deadline) throw error;
        await sleep(wait, signal);
      }
    }
  }

  /** @param {Parameters<Transport["send"]>[0]} request @param {number} timeoutMs @param {AbortSignal} [signal] @returns {Promise<Answer>} */
  async #sendOnce({ method, path, body, headers }, timeoutMs, signal) {
    const abort = new AbortController();
    let isLate = false;
    const leave = () => abort.abort(signal?.reason);
    const timer = setTimeout(() => {
      isLate = true;
      abort.abort();
    }, timeoutMs);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      const response = await this.#fetch(this.baseUrl + path, {
        method,
        body,
        headers: { authorization: `Bearer ${this.#apiKey}`, "content-type": "application/json", ...headers },
        // A key is for one server, and nothing of the API redirects.
        redirect: "manual",
        signal: abort.signal,
      });
      const text = await response.text();
      if (!response.ok) throw errorOf({ status: response.status, headers: response.headers, text });
      return { status: response.status, headers: response.headers, body: JSON.parse(text) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PromptLabError) throw error;
      throw isLate ? new TimeoutError(timeoutMs) : new ConnectionError(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", leave);
    }
  }
}
