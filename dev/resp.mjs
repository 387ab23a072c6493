/**
 * A client for Redis's own protocol, RESP2: one socket, commands pipelined in the order they come in,
 * values as bytes. https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
import { connect } from "node:net";

/** An error that Redis answered. */
export class RedisError extends Error {}

/** A simple string such as `OK`, which is not data: a data string is a Buffer. */
export class Status {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** There is no connection to Redis, or it was lost before the answer came. */
export class Disconnected extends Error {}

/** @typedef {Buffer | Status | RedisError | number | null | Value[]} Value */

const NOT_YET = Symbol("not yet");

/** Reads values out of chunks that end anywhere. */
class Reader {
  #buffer = Buffer.alloc(0);
  #at = 0;

  /** @param {Buffer} chunk @returns {Value[]} Every value that is complete now. */
  push(chunk) {
    this.#buffer = this.#at < this.#buffer.length ? Buffer.concat([this.#buffer.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
    const values = [];
    for (;;) {
      const start = this.#at;
      const value = this.#value();
      if (value === NOT_YET) {
        this.#at = start;
        return values;
      }
      values.push(value);
    }
  }

  #line() {
    const end = this.#buffer.indexOf("\r\n", this.#at, "latin1");
    if (end < 0) return null;
    const line = this.#buffer.toString("utf8", this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #value() {
    const line = this.#line();
    if (line === null) return NOT_YET;
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return new Status(rest);
      case "-":
        return new RedisError(rest);
      case ":":
        return Number(rest);
      case "$":
        return this.#bulk(Number(rest));
      case "*":
        return this.#array(Number(rest));
      default:
        throw new Error(`not RESP2: ${JSON.stringify(line.slice(0, 40))}`);
    }
  }

  #bulk(length) {
    if (length < 0) return null;
    const end = this.#at + length;
    if (this.#buffer.length < end + 2) return NOT_YET;
    const value = this.#buffer.subarray(this.#at, end);
    this.#at = end + 2;
    return value;
  }

  #array(length) {
    if (length < 0) return null;
    const items = [];
    for (let index = 0; index < length; index++) {
      const item = this.#value();
      if (item === NOT_YET) return NOT_YET;
      items.push(item);
    }
    return items;
  }
}

/** @param {string[]} command */
function encode(command) {
  let text = `*${command.length}\r\n`;
  for (const argument of command) text += `$${Buffer.byteLength(argument)}\r\n${argument}\r\n`;
  return text;
}

/** A connection that is opened again when it was lost. */
export class RedisConnection {
  #options;
  #socket = null;
  #opening = null;
  /** @type {{resolve: (value: Value) => void, reject: (error: Error) => void}[]} */
  #waiting = [];

  /** @param {string} url `redis://[user:password@]host:port[/database]` */
  constructor(url) {
    this.#options = new URL(url);
  }

  /**
   * Sends commands in one write, so that nothing comes between them on this connection.
   * @param {string[][]} commands
   * @returns {Promise<Value[]>} One value per command. An error of Redis is a value.
   */
  async send(commands) {
    if (this.#socket === null) await (this.#opening ??= this.#open().finally(() => (this.#opening = null)));
    const answers = commands.map(() => new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })));
    this.#socket.write(commands.map(encode).join(""));
    return Promise.all(answers);
  }

  /** Closes the connection. */
  close() {
    this.#socket?.destroy();
  }

  async #open() {
    const { hostname, port, username, password, pathname } = this.#options;
    const socket = connect({ host: hostname, port: Number(port || 6379), noDelay: true });
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => reject(new Disconnected(error.message)));
    });
    const reader = new Reader();
    const lost = (reason) => {
      if (this.#socket === socket) this.#socket = null;
      for (const { reject } of this.#waiting.splice(0)) reject(new Disconnected(reason));
    };
    socket.on("data", (chunk) => {
      for (const value of reader.push(chunk)) this.#waiting.shift()?.resolve(value);
    });
    socket.on("error", (error) => lost(error.message));
    socket.on("close", () => lost("the connection was closed"));
    this.#socket = socket;
    const greetings = [];
    if (password) greetings.push(["AUTH", ...(username ? [decodeURIComponent(username)] : []), decodeURIComponent(password)]);
    if (pathname.length > 1) greetings.push(["SELECT", pathname.slice(1)]);
    if (greetings.length > 0) {
      const refused = (await this.send(greetings)).find((answer) => answer instanceof RedisError);
      if (refused) {
        socket.destroy();
        throw new Disconnected(refused.message);
      }
    }
  }
}
