/**
 * `wasi:filesystem`: the folders that the manifest mounts, for reading.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { InputStream } from "./io.mjs";

/** A file's bytes from some place on. They are there at once: a file is read without waiting. */
class FileStream extends InputStream {
  constructor(bytes) {
    super(Readable.from([]));
    this.bytes = bytes;
  }
  read(length) {
    if (this.bytes.length === 0) throw { tag: "closed" };
    const chunk = this.bytes.subarray(0, Number(length));
    this.bytes = this.bytes.subarray(chunk.length);
    return new Uint8Array(chunk);
  }
  blockingRead(length) {
    return this.read(length);
  }
}

class DirectoryEntryStream {}

class Descriptor {
  constructor(path) {
    this.path = path;
  }
  static at(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) throw "no-entry";
    return Object.assign(new Descriptor(path), { stats: stat });
  }
  getFlags() {
    return { read: true };
  }
  getType() {
    return this.stats.isDirectory() ? "directory" : "regular-file";
  }
  stat() {
    return { type: this.getType(), linkCount: 1n, size: BigInt(this.stats.size) };
  }
  statAt(_flags, path) {
    return this.#below(path).stat();
  }
  openAt(_pathFlags, path, openFlags, flags) {
    if (openFlags.create || openFlags.truncate || flags.write) throw "read-only";
    return this.#below(path);
  }
  readViaStream(offset) {
    if (this.stats.isDirectory()) throw "is-directory";
    return new FileStream(readFileSync(this.path).subarray(Number(offset)));
  }
  read(length, offset) {
    const bytes = readFileSync(this.path).subarray(Number(offset), Number(offset) + Number(length));
    return [new Uint8Array(bytes), Number(offset) + bytes.length >= this.stats.size];
  }
  metadataHash() {
    return { lower: BigInt(this.stats.ino), upper: BigInt(this.stats.dev) };
  }
  #below(path) {
    if (path.split("/").includes("..") || path.startsWith("/")) throw "not-permitted";
    return Descriptor.at(join(this.path, path));
  }
}

/** @param {Record<string, string>} mounts Folders by the path where the component sees them. */
export function fileImports(mounts) {
  const directories = () => Object.entries(mounts).map(([guest, folder]) => [Descriptor.at(folder), guest]);
  return {
    "wasi:filesystem/preopens": { getDirectories: directories },
    "wasi:filesystem/types": { Descriptor, DirectoryEntryStream, filesystemErrorCode: () => undefined },
  };
}
