// Responses, made where they live. The wasm side imports these two functions.

// The same list as `platform::serve::FIXED_HEADERS`; a test compares them.
const FIXED_HEADERS = [
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

/**
 * Headers by their shape, which is the first line of a head: the names in order, and after a colon a value that is
 * always the same. The values that vary are all set anew for each response, and a `Response` copies what it is
 * given; so one object serves all responses of a shape. Making one each time would cost as much as all of wasm.
 * The object is a `Response`, whose headers the runtime finds faster than those of a dictionary. A function knows few
 * header names: the map stays small.
 * @type {Map<string, {names: string[], model: Response, headers: Headers}>}
 */
const shapes = new Map();

function makeShape(line) {
  const headers = new Headers(FIXED_HEADERS);
  const names = [];
  for (const entry of line === "" ? [] : line.split("\t")) {
    const colon = entry.indexOf(":");
    if (colon < 0) names.push(entry);
    else headers.set(entry.slice(0, colon), entry.slice(colon + 1));
  }
  const model = new Response(null, { headers });
  const shape = { names, model, headers: model.headers };
  shapes.set(line, shape);
  return shape;
}

/** A response with the fixed headers and those of `head`: the shape, then the values that vary, one a line. */
function responseOf(body, status, head) {
  const endOfShape = head.indexOf("\n");
  const line = head.slice(0, endOfShape);
  const { names, model, headers } = shapes.get(line) ?? makeShape(line);
  let start = endOfShape + 1;
  for (const name of names) {
    const end = head.indexOf("\n", start);
    headers.set(name, head.slice(start, end));
    start = end + 1;
  }
  return new Response(body, status === 200 ? model : { status, headers });
}

const WITHOUT_BODY = new Set([101, 204, 205, 304]);

/** Header values are bytes, one a character: cheaper for short texts than a `TextDecoder`. */
function textOf(bytes) {
  return String.fromCharCode.apply(null, bytes);
}

/** A buffer is copied without the constructors that a typed array goes through. */
function copyOf(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

export function respond(status, head, body) {
  // The body is wasm memory, which the next request reuses: the response needs its own.
  return responseOf(WITHOUT_BODY.has(status) ? null : copyOf(body), status, textOf(head));
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
