import { MemoryBuffer } from "./buffer.js";
import { newId } from "./ids.js";
import { InferenceLog } from "./inference-log.js";
import { toJson } from "./json.js";
import { toCamelCase, toSnakeCase } from "./names.js";
import { wrapOpenAI } from "./openai.js";
import { Resolver } from "./resolver.js";
import { Transport } from "./transport.js";

/** @typedef {import("../index.d.ts").PromptLabOptions} PromptLabOptions */

/** Older than `staleMs` an answer is not given while the server answers: a release is in use within five seconds. */
const CACHE = { freshMs: 1_000, staleMs: 3_000, maxAgeMs: 3_600_000, maxEntries: 1_000 };
const PATIENCE = { timeoutMs: 5_000, attemptTimeoutMs: 2_000, retries: 2 };
const LOG = { maxEvents: 10_000, maxBytes: 32_000_000, flushIntervalMs: 1_000 };

/** One for each server and key, for as long as the process runs. */
export class PromptLab {
  #transport;
  #resolver;
  #log;
  #patience;
  /** What was logged for an answer of a wrapped client. @type {WeakMap<object, import("../index.d.ts").LoggedInference>} */
  #logged = new WeakMap();

  /** @param {PromptLabOptions} options */
  constructor({ baseUrl, apiKey, environment = "production", cache, log, onError, fetch, isolatedRequests = isWorkers(), now = Date.now, ...patience }) {
    const report = reporter(onError);
    this.#transport = new Transport({ baseUrl, apiKey, fetch });
    this.#patience = { ...PATIENCE, ...defined(patience) };
    const policy = { ...CACHE, ...defined(cache) };
    this.#resolver = new Resolver(this.#transport, { policy, patience: this.#patience, environment, isolatedRequests, now, report });
    const { spool, ...limits } = { spool: undefined, ...LOG, ...defined(log) };
    const buffer = /** @type {import("./buffer.js").EventBuffer} */ (spool ?? new MemoryBuffer(limits));
    this.#log = new InferenceLog(this.#transport, { buffer, flushIntervalMs: limits.flushIntervalMs, isolatedRequests, report });
  }

  /** @param {string} prompt @param {import("../index.d.ts").ResolveOptions} [options] */
  resolve(prompt, options = {}) {
    return this.#resolver.resolve(prompt, options);
  }

  /** @param {import("../index.d.ts").Inference} inference */
  log(inference) {
    return this.#log.log(inference);
  }

  /** @param {{timeoutMs?: number}} [options] */
  flush(options) {
    return this.#log.flush(options);
  }

  /** @param {{timeoutMs?: number}} [options] */
  close(options) {
    return this.#log.close(options);
  }

  stats() {
    return this.#log.stats();
  }

  /** @param {import("../index.d.ts").FeedbackInput} input @param {{signal?: AbortSignal}} [options] */
  async feedback({ inference, ...input }, { signal } = {}) {
    const known = inference && { requestId: inference.id, promptId: inference.promptId, versionId: inference.versionId, experimentId: inference.experimentId, variant: inference.variant };
    const body = toJson(toSnakeCase({ ...known, ...defined(input) }));
    // Tried again after a lost answer, it must not be another rating.
    const request = { method: "POST", path: "/api/feedback", body, headers: { "idempotency-key": newId() } };
    const answer = await this.#transport.send(request, this.#patience, signal);
    return toCamelCase(answer.body);
  }

  /** @template {import("../index.d.ts").OpenAILike} Client @param {Client} client @param {import("../index.d.ts").WrapOptions} [options] */
  wrapOpenAI(client, options = {}) {
    return wrapOpenAI(this, client, options, this.#logged);
  }

  /** @param {object} answer */
  inferenceOf(answer) {
    return this.#logged.get(answer);
  }

  openAIOptions() {
    return this.#transport.openAIOptions();
  }
}

/** There, what a request has begun ends with it, and no other request may wait for it. */
function isWorkers() {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}

/** An error of the application's own handler must not be the application's. @param {((error: Error) => void) | undefined} onError */
function reporter(onError) {
  return (/** @type {unknown} */ error) => {
    try {
      onError?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Told, and that is all there is to do.
    }
  };
}

/** Without what is undefined, which would hide a default. @template {object} T @param {T | undefined} fields @returns {{[Name in keyof T]?: Exclude<T[Name], undefined>}} */
function defined(fields) {
  return /** @type {any} */ (Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)));
}
