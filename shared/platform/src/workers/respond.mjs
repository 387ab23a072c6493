// Responses, made where they live. The wasm side imports these two functions.

// The same list as `platform::serve::FIXED_HEADERS`; a test compares them.
const FIXED_HEADERS = [
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

// Copying prepared headers costs a fraction of making them from text.
const FIXED = { headers: new Headers(FIXED_HEADERS) };
const FIXED_WITH_JSON = { headers: new Headers([...FIXED_HEADERS, ["content-type", "application/json"]]) };
const JSON_LINE = "content-type:application/json\n";

/** A response with the fixed headers and those of `head`: `name:value` a line. */
function responseOf(body, status, head) {
  const isJson = head.startsWith(JSON_LINE);
  const prepared = isJson ? FIXED_WITH_JSON : FIXED;
  const response = new Response(body, status === 200 ? prepared : { status, headers: prepared.headers });
  const headers = response.headers;
  let start = isJson ? JSON_LINE.length : 0;
  while (start < head.length) {
    const end = head.indexOf("\n", start);
    const colon = head.indexOf(":", start);
    const name = head.slice(start, colon);
    const value = head.slice(colon + 1, end);
    if (name === "vary") headers.append(name, value);
    else headers.set(name, value);
    start = end + 1;
  }
  return response;
}

const WITHOUT_BODY = new Set([101, 204, 205, 304]);

/** Header values are bytes, one a character: cheaper for short texts than a `TextDecoder`. */
function textOf(bytes) {
  return String.fromCharCode.apply(null, bytes);
}

export function respond(status, head, body) {
  // The body is wasm memory, which the next request reuses: the response needs its own.
  return responseOf(WITHOUT_BODY.has(status) ? null : body.slice(), status, textOf(head));
}

export function respondStream(status, head, source) {
  const stream = new ReadableStream(
    {
      async pull(controller) {
        const chunk = await source.pull();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel() {
        source.cancel();
      },
    },
    { highWaterMark: 0 },
  );
  return responseOf(stream, status, textOf(head));
}
