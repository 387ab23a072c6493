import { element } from "./dom.js";

/** What the server, or the way to it, had to say against a request. */
export class Problem extends Error {
  /** @param {{status?: number, code: string, detail: string, request_id?: string, errors?: {field: string, code: string, detail: string}[]}} parts */
  constructor(parts) {
    super(parts.detail);
    Object.assign(this, { status: undefined, request_id: undefined, errors: [], ...parts });
  }

  /** From a response that is no success. @param {Response} response */
  static async of(response) {
    const request_id = response.headers.get("x-request-id") ?? undefined;
    const status = response.status;
    try {
      const { code, detail, errors } = await response.json();
      if (typeof code === "string") return new Problem({ status, code, detail, errors, request_id });
    } catch {
      // No problem document: something between here and the server answered.
    }
    return new Problem({ status, code: "unexpected_answer", detail: `The answer has status ${status} and says no more.`, request_id });
  }
}

/** Sends a request. @returns {Promise<Response>} @throws {Problem} unless it succeeds. */
export async function send(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "unreachable", detail: "The server does not answer. Is it running, and is there a network?" });
  }
  if (!response.ok) throw await Problem.of(response);
  return response;
}

/** The row that shows a problem. @param {Problem} problem @param {(() => void)=} retry */
export function problemRow(problem, retry) {
  const { status, code, request_id, errors = [] } = problem;
  // The detail of a validation problem is that of its first field.
  const fields = errors.map(({ field, detail }) => element("li", null, element("code", null, field), `: ${detail}`));
  return element(
    "div",
    { class: "problem", role: "alert" },
    element("p", null, element("strong", null, [status, code].filter(Boolean).join(" "))),
    fields.length > 0 ? element("ul", null, ...fields) : element("p", null, problem.message),
    request_id && element("p", { class: "note" }, "Request ", element("code", null, request_id)),
    retry && element("p", null, element("button", { type: "button", class: "small", onclick: retry }, "Try again")),
  );
}
