// What JavaScript and wasm hand each other without making an object of it, for the requests that are answered at once.

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

/** A copy: the next request reuses wasm's memory. */
export function copyOf(start, length) {
  return memory.buffer.slice(start, start + length);
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
