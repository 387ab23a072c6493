import { AnswerCache } from "./cache.js";
import { PromptLabError, TimeoutError } from "./errors.js";
import { toJson } from "./json.js";
import { toCamelCase } from "./names.js";

/** @typedef {import("../index.d.ts").ResolveOptions} ResolveOptions @typedef {import("../index.d.ts").Resolved} Resolved */
/** @typedef {{path: string, body: string, key: string}} Request */
/** @typedef {{fields: Record<string, any>, requestId: string | null, serverIsStale: boolean}} Known */

/**
 * @typedef {object} CachePolicy
 * @property {number} freshMs Younger than this, an answer is given without asking.
 * @property {number} staleMs Younger than this, it is given and asked for again behind the caller's back.
 * @property {number} maxAgeMs Younger than this, it is given when the server does not answer. Older ones are never given.
 * @property {number} maxEntries
 */

/** How long the caller waits for the server when there is something else to give. */
const PATIENCE_MS = 1_000;
/** How long a server that did not answer is left alone, by those who have something else. */
const REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;

/** Asks the server, and remembers what it said. It alone fills in templates. */
export class Resolver {
  /** Refreshes and fetches under way, by key. @type {Map<string, Promise<Resolved>>} */
  #flights = new Map();
  /** Where promises must not be shared: until when somebody else is refreshing. @type {Map<string, number>} */
  #leases = new Map();
  #restUntil = 0;
  /** @type {PromptLabError | undefined} */
  #lastFailure;
  /** @type {AnswerCache<Known>} */
  #cache;

  /**
   * @param {import("./transport.js").Transport} transport
   * @param {{policy: CachePolicy, patience: import("./transport.js").Patience, environment: string,
   *   isolatedRequests: boolean, now: () => number, report: (error: unknown) => void}} options
   */
  constructor(transport, options) {
    this.transport = transport;
    this.options = options;
    this.#cache = new AnswerCache({ maxEntries: options.policy.maxEntries, now: options.now });
  }

  /** @param {string} prompt @param {ResolveOptions} options @returns {Promise<Resolved>} */
  async resolve(prompt, options) {
    options.signal?.throwIfAborted();
    const request = readRequest(prompt, options, this.options.environment);
    const { freshMs, staleMs, maxAgeMs } = this.options.policy;
    const known = this.#cache.get(request.key);
    if (known && known.ageMs < freshMs && known.ageMs < maxAgeMs) return present(known.value, "cache", known.ageMs);
    const hasElse = (known !== undefined && known.ageMs < maxAgeMs) || options.fallback !== undefined;
    if (known && known.ageMs < staleMs && known.ageMs < maxAgeMs && this.#refreshBehind(request, options)) {
      return present(known.value, "stale", known.ageMs);
    }
    try {
      if (hasElse && this.#isResting()) throw this.#lastFailure;
      return await this.#fetch(request, hasElse ? PATIENCE_MS : undefined, options.signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof PromptLabError)) throw error;
      return this.#instead(prompt, request, options, error);
    }
  }

  /** What is given when the server does not answer, or the error. @param {string} prompt @param {Request} request @param {ResolveOptions} options @param {PromptLabError} error */
  #instead(prompt, request, { fallback }, error) {
    const known = this.#cache.get(request.key);
    if (known && error.isUnavailable && known.ageMs < this.options.policy.maxAgeMs) {
      return present(known.value, "stale", known.ageMs, error);
    }
    // The application's own text: good for everything but a request that is wrong.
    if (fallback === undefined || error.isMistake) throw error;
    this.options.report(error);
    return presentFallback(prompt, fallback, error);
  }

  #isResting() {
    return this.#lastFailure !== undefined && this.options.now() < this.#restUntil;
  }

  /** Whether somebody is refreshing, or need not. @param {Request} request @param {ResolveOptions} options */
  #refreshBehind(request, { waitUntil }) {
    if (this.#isResting()) return true;
    if (!this.options.isolatedRequests) {
      const flight = this.#fetch(request, undefined, undefined).catch(this.options.report);
      waitUntil?.(flight);
      return true;
    }
    // Here a request's work ends with its response, unless the host is asked to wait.
    if (!waitUntil) return false;
    const now = this.options.now();
    if (now < (this.#leases.get(request.key) ?? 0)) return true;
    this.#leases.set(request.key, now + this.options.patience.timeoutMs);
    waitUntil(this.#fetch(request, undefined, undefined).catch(this.options.report).finally(() => this.#leases.delete(request.key)));
    return true;
  }

  /** Asks the server, once for all who want the same. @param {Request} request @param {number | undefined} patienceMs @param {AbortSignal | undefined} signal */
  #fetch(request, patienceMs, signal) {
    if (this.options.isolatedRequests) return this.#ask(request, patienceMs, signal);
    let flight = this.#flights.get(request.key);
    if (!flight) {
      // Nobody's signal: others may wait for the same answer.
      flight = this.#ask(request, undefined, undefined).finally(() => this.#flights.delete(request.key));
      this.#flights.set(request.key, flight);
      flight.catch(() => {});
    }
    const late = (/** @type {PromptLabError} */ error) => this.#rest(error);
    return patienceMs === undefined && !signal ? flight : wait(flight, patienceMs, signal, late);
  }

  /** @param {Request} request @param {number | undefined} patienceMs @param {AbortSignal | undefined} signal */
  async #ask({ path, body, key }, patienceMs, signal) {
    const { patience, now } = this.options;
    const within = patienceMs === undefined ? patience : { ...patience, timeoutMs: Math.min(patience.timeoutMs, patienceMs) };
    const askedAtMs = now();
    try {
      const answer = await this.transport.send({ method: "POST", path, body }, within, signal);
      const known = readAnswer(answer);
      this.#cache.set(key, known, askedAtMs);
      this.#lastFailure = undefined;
      return present(known, "server", Math.max(0, now() - askedAtMs));
    } catch (error) {
      if (error instanceof PromptLabError) this.#note(error, key);
      throw error;
    }
  }

  /** @param {PromptLabError} error @param {string} key */
  #note(error, key) {
    if (error.isUnavailable) this.#rest(error);
    // The server has answered: what was known is no longer so.
    else this.#cache.delete(key);
  }

  /** @param {PromptLabError} error */
  #rest(error) {
    this.#lastFailure = error;
    this.#restUntil = this.options.now() + Math.min(LONGEST_REST_MS, Math.max(REST_MS, error.retryAfterMs ?? 0));
  }
}

/**
 * Leaves a flight that takes too long; it goes on for the others.
 * @template T
 * @param {Promise<T>} flight @param {number | undefined} patienceMs @param {AbortSignal | undefined} signal
 * @param {(error: PromptLabError) => void} onLate
 * @returns {Promise<T>}
 */
function wait(flight, patienceMs, signal, onLate) {
  return new Promise((resolve, reject) => {
    const late = () => {
      const error = new TimeoutError(patienceMs ?? 0);
      onLate(error);
      reject(error);
    };
    const timer = patienceMs === undefined ? undefined : setTimeout(late, patienceMs);
    const leave = () => reject(signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    flight.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", leave);
    });
  });
}

/** @param {string} prompt @param {ResolveOptions} options @param {string} usual @returns {Request} */
function readRequest(prompt, { environment = /** @type {any} */ (undefined), userId, variables, version, strict = false }, usual) {
  if (typeof prompt !== "string" || prompt === "") throw new TypeError("prompt must be a prompt's name or id");
  const input = { environment: environment ?? usual, user_id: userId ?? null, variables: variables ?? {}, version: version ?? null, strict };
  const body = toJson(input, sorted);
  return { path: `/api/resolve/${encodeURIComponent(prompt)}`, body, key: `${prompt}\n${body}` };
}

/** The same variables in another order are the same question. @param {string} _ @param {unknown} value */
function sorted(_, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param {import("./transport.js").Answer} answer @returns {Known} */
function readAnswer({ headers, body }) {
  // Callers share what is remembered.
  const fields = freeze(toCamelCase(body));
  return { fields, requestId: headers.get("x-request-id"), serverIsStale: headers.get("x-promptlab-stale") === "true" };
}

/** @template T @param {T} value @returns {T} */
function freeze(value) {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

/** @param {Known} known @param {Resolved["source"]} source @param {number} ageMs @param {PromptLabError | null} error @returns {Resolved} */
function present({ fields, requestId, serverIsStale }, source, ageMs, error = null) {
  return /** @type {any} */ (Object.freeze({ ...fields, source, isFallback: false, ageMs, error, requestId, serverIsStale }));
}

/** @param {string} prompt @param {NonNullable<ResolveOptions["fallback"]>} fallback @param {PromptLabError} error @returns {Resolved} */
function presentFallback(prompt, fallback, error) {
  const given = typeof fallback === "string" ? { resolvedText: fallback } : fallback;
  const nothing = { promptId: null, versionId: null, versionNumber: null, environment: null, revision: null, contentHash: null };
  const content = { systemPrompt: null, fewShotExamples: [], modelId: null, temperature: null, maxTokens: null, config: {} };
  const assigned = { experimentId: null, variant: null, assignment: null, missingVariables: [] };
  const type = "messages" in given ? "chat" : "text";
  const about = { source: "fallback", isFallback: true, ageMs: null, error, requestId: error.requestId ?? null, serverIsStale: false };
  return /** @type {any} */ (Object.freeze({ ...nothing, name: prompt, type, ...content, ...assigned, ...given, ...about }));
}
