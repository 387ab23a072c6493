// Responses, made where they live. The wasm side imports these functions.

// The same list as `platform::serve::FIXED_HEADERS`; a test compares them.
const FIXED_HEADERS = [
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

/** Of wasm. What the functions below are given are places in it: a view made for each would be one more thing to collect. */
let memory;
let bytes = new Uint8Array(0);

export function useMemory(wasmMemory) {
  memory = wasmMemory;
  bytes = new Uint8Array(memory.buffer);
}

function memoryBytes() {
  // A memory that grew has another buffer, and a view of the old one is empty.
  if (bytes.length === 0) bytes = new Uint8Array(memory.buffer);
  return bytes;
}

/** Header values are bytes, one a character: cheaper for short texts than a `TextDecoder`. */
function textAt(start, length) {
  return String.fromCharCode.apply(null, memoryBytes().subarray(start, start + length));
}

/**
 * Headers by their shape, a text: the names in order, separated by tabs, and after a colon a value that is always the
 * same. The values that vary are all set anew for each response, and a `Response` copies what it is given; so one
 * object serves all responses of a shape. Making one each time would cost as much as all of wasm.
 * The object is a `Response`, whose headers the runtime finds faster than those of a dictionary. A function knows few
 * header names: the map stays small.
 * @type {Map<string, Shape>}
 * @typedef {{written: Uint8Array, names: string[], model: Response, headers: Headers}} Shape
 */
const shapes = new Map();
/** The last one, by its bytes: it is mostly the next one too. @type {Shape | undefined} */
let last;

function shapeAt(start, length) {
  if (last !== undefined && isAt(last.written, start, length)) return last;
  const text = textAt(start, length);
  last = shapes.get(text) ?? makeShape(text);
  return last;
}

function isAt(written, start, length) {
  if (written.length !== length) return false;
  const held = memoryBytes();
  for (let index = 0; index < length; index++) {
    if (held[start + index] !== written[index]) return false;
  }
  return true;
}

function makeShape(text) {
  const headers = new Headers(FIXED_HEADERS);
  const names = [];
  for (const entry of text === "" ? [] : text.split("\t")) {
    const colon = entry.indexOf(":");
    if (colon < 0) names.push(entry);
    else headers.set(entry.slice(0, colon), entry.slice(colon + 1));
  }
  const model = new Response(null, { headers });
  const written = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const shape = { written, names, model, headers: model.headers };
  shapes.set(text, shape);
  return shape;
}

/** A response with the fixed headers and those of a head: its shape, then the values that vary, each with a newline. */
function responseOf(body, status, head, shapeLength, headLength) {
  const { names, model, headers } = shapeAt(head, shapeLength);
  const values = textAt(head + shapeLength, headLength - shapeLength);
  let start = 0;
  for (const name of names) {
    const end = values.indexOf("\n", start);
    headers.set(name, values.slice(start, end));
    start = end + 1;
  }
  return new Response(body, status === 200 ? model : { status, headers });
}

const WITHOUT_BODY = new Set([101, 204, 205, 304]);

export function respond(status, head, shapeLength, headLength, body, bodyLength) {
  // The next request reuses wasm's memory: the response needs its own.
  const copy = WITHOUT_BODY.has(status) ? null : memory.buffer.slice(body, body + bodyLength);
  return responseOf(copy, status, head, shapeLength, headLength);
}

export function respondStream(status, head, shapeLength, headLength, source) {
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
  return responseOf(stream, status, head, shapeLength, headLength);
}
