// Responses, made where they live. The wasm side imports these functions.

import { copyOf, leaveResponse, memoryBytes } from "./exchange.mjs";

// The same list as `platform::serve::FIXED_HEADERS`; a test compares them.
const FIXED_HEADERS = [
  ["referrer-policy", "no-referrer"],
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

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
 * @typedef {{names: string[], values: (string | undefined)[], model: Response, headers: Headers}} Shape
 *   `values` are those that the model has at present, one for each name, if it has one.
 */
const shapes = new Map();
/** The last one: it is mostly the next one too. @type {Shape | undefined} */
let last;

/** Whether it is that of the response before wasm knows: it compares faster. */
function shapeAt(start, length, isSame) {
  if (isSame) return last;
  const text = textAt(start, length);
  last = shapes.get(text) ?? makeShape(text);
  return last;
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
  const shape = { names, values: names.map(() => undefined), model, headers: model.headers };
  shapes.set(text, shape);
  return shape;
}

/** A response with the fixed headers and those of a head: its shape, then the values that vary, each with a newline. */
function responseOf(body, status, head, shapeLength, headLength, isSame) {
  const { names, values, model, headers } = shapeAt(head, shapeLength, isSame);
  const text = textAt(head + shapeLength, headLength - shapeLength);
  let start = 0;
  for (let index = 0; index < names.length; index++) {
    const end = text.indexOf("\n", start);
    const value = text.slice(start, end);
    start = end + 1;
    // The same input has the same tag, and in one millisecond all ages are the same.
    if (value === values[index]) continue;
    headers.set(names[index], value);
    values[index] = value;
  }
  return new Response(body, status === 200 ? model : { status, headers });
}

const WITHOUT_BODY = new Set([101, 204, 205, 304]);

export function respond(status, head, shapeLength, headLength, isSame, body, bodyLength) {
  const bytes = WITHOUT_BODY.has(status) ? null : copyOf(body, bodyLength);
  leaveResponse(responseOf(bytes, status, head, shapeLength, headLength, isSame));
}

export function respondStream(status, head, shapeLength, headLength, isSame, source) {
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
  return responseOf(stream, status, head, shapeLength, headLength, isSame);
}
