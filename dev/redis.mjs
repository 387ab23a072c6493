/**
 * A Redis server in a folder, its data written there.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Failure, freePort, ready, startServer } from "./processes.mjs";
import { RedisConnection } from "./resp.mjs";
import { findProgram } from "./system-packages.mjs";

/**
 * Starts Redis.
 * @param {{dir: string, port?: number, durable?: boolean}} options `durable` keeps the data for the next start.
 * @returns {Promise<import("./processes.mjs").Server & {url: string, port: number}>}
 */
export async function startRedis({ dir, port, durable = true }) {
  const command = findProgram("redis-server") ?? findProgram("valkey-server");
  if (!command) throw new Failure("redis-server is missing: run `make setup`.");
  const data = join(dir, "redis");
  mkdirSync(data, { recursive: true });
  const chosen = port ?? (await freePort());
  const args = [
    ["--port", String(chosen)],
    ["--bind", "127.0.0.1"],
    ["--dir", data],
    ["--save", ""],
    ["--appendonly", durable ? "yes" : "no"],
  ].flat();
  const server = startServer({ name: "Redis", command, args, log: join(dir, "redis.log") });
  const url = `redis://127.0.0.1:${chosen}`;
  await ready(server, () => answersPing(url));
  return { ...server, url, port: chosen };
}

async function answersPing(url) {
  const connection = new RedisConnection(url);
  try {
    const [answer] = await connection.send([["PING"]]);
    return answer.text === "PONG";
  } finally {
    connection.close();
  }
}
