// Responses, made where they live. The wasm side imports these two functions.

const SECURITY_HEADERS = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
];

function headersOf(head) {
  const headers = new Headers(SECURITY_HEADERS);
  let start = 0;
  while (start < head.length) {
    const end = head.indexOf("\n", start);
    const colon = head.indexOf(":", start);
    headers.append(head.slice(start, colon), head.slice(colon + 1, end));
    start = end + 1;
  }
  return headers;
}

const WITHOUT_BODY = new Set([101, 204, 205, 304]);

export function respond(status, head, body) {
  // The bytes are wasm memory, which the next request reuses: the response needs its own.
  return new Response(WITHOUT_BODY.has(status) ? null : body.slice(), { status, headers: headersOf(head) });
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
  return new Response(stream, { status, headers: headersOf(head) });
}
