// What JavaScript and wasm hand each other beside the arguments of calls.

/** Of wasm. */
let memory;
let bytes = new Uint8Array(0);
/** Where in it wasm reads the head of a request that it may answer at once. Each instance has its own. */
export let headPlace = 0;

export function useMemory(wasmMemory, itsHeadPlace) {
  memory = wasmMemory;
  bytes = new Uint8Array(memory.buffer);
  headPlace = itsHeadPlace;
}

/** All of wasm's memory. What is told where something is in it needs no view of its own, which would have to be collected. */
export function memoryBytes() {
  // A memory that grew has another buffer, and a view of the old one is empty.
  if (bytes.length === 0) bytes = new Uint8Array(memory.buffer);
  return bytes;
}

/**
 * Where the next copies go, one behind the other. Making a buffer costs about as much as all of wasm, so that many
 * bodies share one. No place in it is used twice: the runtime may not have sent a body yet. Whichever is the last to be
 * sent keeps the buffer, so it is small beside what an isolate may take.
 */
let shelf = new Uint8Array(0);
let shelved = 0;
const SHELF_BYTES = 65_536;

/** A copy of what wasm wrote: the next request reuses wasm's memory. */
export function copyOf(start, length) {
  const original = memoryBytes().subarray(start, start + length);
  // One that fills a large part of a shelf would leave the rest of it empty.
  if (length > SHELF_BYTES / 8) return original.slice();
  if (shelved + length > shelf.length) {
    shelf = new Uint8Array(SHELF_BYTES);
    shelved = 0;
  }
  const copy = shelf.subarray(shelved, shelved + length);
  copy.set(original);
  shelved += length;
  return copy;
}

/** Whose turn it is. Seldom asked for: only what outlives the answer needs them. */
let settings;
let context;

export function useSurroundings(itsSettings, itsContext) {
  settings = itsSettings;
  context = itsContext;
}

export function settingsAtHand() {
  return settings;
}

export function contextAtHand() {
  return context;
}

/** A response that is finished: handed over here, because an object that crosses wasm takes a place in a table there and back. */
let response;

export function leaveResponse(itsResponse) {
  response = itsResponse;
}

export function takeResponse() {
  const taken = response;
  response = undefined;
  return taken;
}
