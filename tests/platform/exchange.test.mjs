/** What JavaScript and wasm hand each other: copies that the next request does not change. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { copyOf, useMemory } from "../../shared/platform/src/workers/exchange.mjs";

test("a copy stays as it was, however many follow", () => {
  const memory = new WebAssembly.Memory({ initial: 2 });
  useMemory(memory, 0);
  const lengths = [0, 1, 2_500, 8_192, 8_193, 60_000, 130_000];
  const copies = [];
  for (let number = 0; number < 200; number++) {
    const length = lengths[number % lengths.length];
    if (number === 100) memory.grow(1);
    new Uint8Array(memory.buffer, 7, length).fill(number);
    copies.push(copyOf(7, length));
  }
  for (const [number, copy] of copies.entries()) {
    assert.equal(copy.length, lengths[number % lengths.length]);
    assert.ok(copy.every((byte) => byte === number), `copy ${number}`);
  }
  assert.ok(new Set(copies.map(({ buffer }) => buffer)).size < copies.length, "small ones share a buffer");
});
