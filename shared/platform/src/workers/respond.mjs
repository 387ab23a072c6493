// Responses, made where they live. The wasm side imports these two functions.

// The same list as `platform::serve::FIXED_HEADERS`; a test compares them.
const FIXED_HEADERS = [
  ["cache-control", "private, no-cache"],
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

// Copying prepared headers costs a fraction of making them from text.
const FIXED = { headers: new Headers(FIXED_HEADERS) };
const FIXED_WITH_JSON = { headers: new Headers([...FIXED_HEADERS, ["content-type", "application/json"]]) };
const JSON_LINE = "content-type:application/json\n";

/** A response with the fixed headers and those of `bytes`: `name:value` a line, one byte a character. */
function responseOf(body, status, bytes) {
  const head = String.fromCharCode.apply(null, bytes);
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

export function respond(status, head, body) {
  // The bytes are wasm memory, which the next request reuses: the response needs its own.
  return responseOf(WITHOUT_BODY.has(status) ? null : body.slice(), status, head);
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
  return responseOf(stream, status, head);
}
