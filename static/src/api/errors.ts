import type { FieldError, Problem } from "./types";

/** An answer that is no success, or none at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  /** What went wrong, for programs: the API's code, or `offline` and `timeout`. */
  readonly code: string;
  readonly requestId: string | null;
  readonly fields: readonly FieldError[];
  readonly problem: Problem | null;
  /** After how many seconds the server wants to be asked again. */
  readonly retryAfter: number | null;

  constructor(options: { status: number; code: string; detail: string; requestId: string | null; problem?: Problem; retryAfter?: number | null }) {
    super(options.detail);
    this.name = "ApiError";
    this.status = options.status;
    this.code = options.code;
    this.requestId = options.requestId;
    this.problem = options.problem ?? null;
    this.fields = options.problem?.errors ?? [];
    this.retryAfter = options.retryAfter ?? null;
  }

  /** What is wrong with one field of the request, if that is what is wrong. */
  field(name: string): string | undefined {
    return this.fields.find((error) => error.field === name)?.detail;
  }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "code" in value && "detail" in value && "status" in value;

/** Reads what an unsuccessful response says. */
export async function errorFrom(response: Response): Promise<ApiError> {
  const requestId = response.headers.get("x-request-id");
  const after = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isFinite(after) && after > 0 ? after : null;
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) {
    const detail = sentence(body.detail);
    return new ApiError({ status: response.status, code: body.code, detail, requestId: body.request_id, problem: body, retryAfter });
  }
  const detail = `The server answered ${response.status} ${response.statusText}`.trim() + ".";
  return new ApiError({ status: response.status, code: "unknown", detail, requestId, retryAfter });
}

/** The request never got an answer. */
export function unreachable(cause: unknown): ApiError {
  const error = new ApiError({ status: 0, code: "offline", detail: "The server cannot be reached.", requestId: null });
  error.cause = cause;
  return error;
}

/** The server was reached, perhaps, and says nothing. */
export function silent(cause: unknown): ApiError {
  const error = new ApiError({ status: 0, code: "timeout", detail: "The server does not answer.", requestId: null });
  error.cause = cause;
  return error;
}

/** A detail of the API as a sentence: capital letter and full stop. */
export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/** What an error says to a person; of a refused body, what is wrong with each field. */
export function detailOf(error: unknown): string {
  if (error instanceof ApiError && error.fields.length > 0) return error.fields.map(({ field, detail }) => sentence(`${field}: ${detail}`)).join(" ");
  return error instanceof Error ? error.message : "Something unexpected happened.";
}

/** Whether trying the same again can succeed. */
export const isTransient = (error: unknown): boolean => error instanceof ApiError && (error.status === 0 || error.status >= 500 || error.status === 429);

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
