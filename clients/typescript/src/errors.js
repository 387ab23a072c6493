/** What the server, or the way to it, said no with. Holds nothing of the request: no key, no variables. */
export class PromptLabError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number | undefined, code: string, requestId?: string | undefined,
   *   errors?: import("../index.d.ts").FieldError[] | undefined, retryAfterMs?: number | undefined, cause?: unknown}} about
   */
  constructor(message, { status, code, requestId, errors = [], retryAfterMs, cause }) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later: nobody answered, or whoever did is overloaded or broken. */
  get isUnavailable() {
    return this.status === undefined || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether the request itself is wrong, so that no other server and no other time would help. */
  get isMistake() {
    return this.status === 400 || this.status === 413 || this.status === 415 || this.status === 422;
  }
}

/** The server was not reached, or the connection broke before the whole answer was there. */
export class ConnectionError extends PromptLabError {
  /** @param {unknown} cause */
  constructor(cause) {
    super("PromptLab could not be reached", { code: "connection_failed", cause });
  }
}

/** The server did not answer in time. */
export class TimeoutError extends PromptLabError {
  /** @param {number} timeoutMs */
  constructor(timeoutMs) {
    super(`PromptLab did not answer within ${Math.round(timeoutMs)} ms`, { code: "timeout" });
  }
}

/**
 * The error that a response is: a problem document (RFC 9457), or whatever a proxy on the way has made of it.
 * @param {{status: number, headers: Headers, text: string}} response
 */
export function errorOf({ status, headers, text }) {
  const problem = readObject(text);
  const detail = typeof problem.detail === "string" ? problem.detail : `PromptLab answered ${status}`;
  return new PromptLabError(detail, {
    status,
    code: typeof problem.code === "string" ? problem.code : `http_${status}`,
    requestId: problem.request_id ?? headers.get("x-request-id") ?? undefined,
    errors: Array.isArray(problem.errors) ? problem.errors : [],
    retryAfterMs: readRetryAfter(headers.get("retry-after")),
  });
}

/** @param {string} text @returns {any} */
function readObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Seconds or a date (RFC 9110, 10.2.3). @param {string | null} text */
function readRetryAfter(text) {
  if (!text) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
