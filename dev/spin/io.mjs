/**
 * `wasi:io` over Node's streams: what a component waits for, reads and writes.
 *
 * Nothing blocks. The component's stack is switched away while it polls (WebAssembly's JavaScript promise
 * integration), so one thread serves many requests.
 */

/** How much a component may write before it has to ask again, in bytes. */
const WRITE_BUDGET = 64 * 1024;

/** Something that a component can wait for. */
export class Pollable {
  /**
   * @param {() => boolean} isReady
   * @param {(notify: () => void) => () => void} watch Calls `notify` whenever `isReady` may have changed; returns how to stop.
   */
  constructor(isReady, watch) {
    this.isReady = isReady;
    this.watch = watch;
  }
  ready() {
    return this.isReady();
  }
  async block() {
    await poll([this]);
  }
}

/** Waits until one of the pollables is ready. @param {Pollable[]} list @returns {Promise<Uint32Array>} The indexes of those that are. */
export async function poll(list) {
  if (list.length === 0) throw new Error("a component polls an empty list: it would wait for ever");
  const readyOnes = () => Uint32Array.from(list.flatMap((pollable, index) => (pollable.isReady() ? [index] : [])));
  for (;;) {
    // Timers and sockets get their turn even when something is always ready.
    await new Promise((resolve) => setImmediate(resolve));
    const indexes = readyOnes();
    if (indexes.length > 0) return indexes;
    let stops = [];
    await new Promise((resolve) => (stops = list.map((pollable) => pollable.watch(resolve))));
    for (const stop of stops) stop();
  }
}

/** A pollable over a Node emitter. */
function onEvents(emitter, events, isReady) {
  return new Pollable(isReady, (notify) => {
    for (const event of events) emitter.on(event, notify);
    return () => events.forEach((event) => emitter.off(event, notify));
  });
}

/** A pollable that becomes ready after so many milliseconds. */
export function timer(milliseconds) {
  const end = performance.now() + milliseconds;
  return new Pollable(
    () => performance.now() >= end,
    (notify) => {
      const handle = setTimeout(notify, Math.max(0, Math.ceil(end - performance.now())));
      return () => clearTimeout(handle);
    },
  );
}

/** `wasi:io/error`. */
class IoError {
  constructor(error) {
    this.error = error;
  }
  toDebugString() {
    return String(this.error?.message ?? this.error);
  }
}

/** Reads a Node readable stream. */
export class InputStream {
  constructor(readable) {
    this.readable = readable;
    // An error without a listener would end the process; `read` reports it.
    readable.on("error", () => {});
    readable.on("readable", () => {});
  }
  read(length) {
    const size = Math.min(Number(length), this.readable.readableLength);
    if (size > 0) return new Uint8Array(this.readable.read(size));
    if (this.readable.readableEnded) throw { tag: "closed" };
    if (this.readable.errored || this.readable.destroyed) {
      throw { tag: "last-operation-failed", val: new IoError(this.readable.errored ?? "the body broke off") };
    }
    return new Uint8Array();
  }
  subscribe() {
    const { readable } = this;
    const isReady = () => {
      if (readable.readableLength > 0 || readable.readableEnded || readable.destroyed || readable.errored) return true;
      // Past the last byte this is what makes the stream end.
      readable.read(0);
      return false;
    };
    return onEvents(readable, ["readable", "end", "error", "close"], isReady);
  }
}

/** Writes a Node writable stream, which may be attached later. */
export class OutputStream {
  /** @param {import("node:events").EventEmitter & {writable?: import("node:stream").Writable}} sink Emits `attached`. */
  constructor(sink) {
    this.sink = sink;
  }
  #isClosed() {
    const { writable } = this.sink;
    return Boolean(writable && (writable.destroyed || writable.errored || writable.writableEnded));
  }
  #hasRoom() {
    const { writable } = this.sink;
    return Boolean(writable && !writable.writableNeedDrain);
  }
  checkWrite() {
    if (this.#isClosed()) throw { tag: "closed" };
    return this.#hasRoom() ? BigInt(WRITE_BUDGET) : 0n;
  }
  write(bytes) {
    if (this.#isClosed()) throw { tag: "closed" };
    this.sink.writable.write(Buffer.from(bytes));
  }
  blockingWriteAndFlush(bytes) {
    this.write(bytes);
  }
  flush() {
    if (this.#isClosed()) throw { tag: "closed" };
  }
  blockingFlush() {
    this.flush();
  }
  subscribe() {
    const isReady = () => this.#isClosed() || this.#hasRoom();
    return new Pollable(isReady, (notify) => {
      const { sink } = this;
      const events = ["drain", "close", "error"];
      const watchWritable = () => events.forEach((event) => sink.writable.on(event, notify));
      const attached = () => {
        watchWritable();
        notify();
      };
      if (sink.writable) watchWritable();
      else sink.once("attached", attached);
      return () => {
        sink.off?.("attached", attached);
        events.forEach((event) => sink.writable?.off(event, notify));
      };
    });
  }
}

export const io = {
  "wasi:io/error": { Error: IoError },
  "wasi:io/poll": { Pollable, poll },
  "wasi:io/streams": { InputStream, OutputStream },
};
