/**
 * Users who resolve a prompt, chat and say what they think, a number of them at a time.
 */
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "./installation.mjs";

const AT_ONCE = 32;

export class Population {
  #target;
  #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  /** @param {{apis: {url: string}[], key: string, prompt: string}} target A user stays with one of several processes. */
  constructor(target) {
    this.#target = target;
  }

  /**
   * Each of `count` users comes once.
   * @param {number} count
   * @param {{approves: (variant: string, user: number) => boolean, onUser?: (user: number, variant: string, isApproved: boolean) => void}} options
   */
  async visit(count, { approves, onUser = () => {} }) {
    const { prompt } = this.#target;
    let next = 0;
    const work = async () => {
      for (let user = next++; user < count; user = next++) {
        const user_id = `user-${user}@example.com`;
        const post = (path, body) => this.#post(path, body, user);
        const resolved = await post(`/api/resolve/${encodeURIComponent(prompt)}`, { user_id });
        const { message_id, variant } = await post("/api/chat", { prompt, user_id, message: "Hello", stream: false });
        if (variant !== resolved.variant) throw new Error(`${user_id} is served ${resolved.variant}, then ${variant}`);
        const isApproved = approves(variant, user);
        await post("/api/feedback", { message_id, rating: isApproved ? 1 : -1 });
        onUser(user, variant, isApproved);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** Drains the event stream until nothing is left. @returns {Promise<number>} How many events there were. */
  async drain() {
    let events = 0;
    for (let empty = 0; empty < 3; ) {
      const { read } = await this.#post("/api/ingest/drain", {});
      events += read;
      empty = read > 0 ? 0 : empty + 1;
      await sleep(150);
    }
    return events;
  }

  async #post(path, body, user = 0) {
    const { apis, key } = this.#target;
    const { url } = apis[user % apis.length];
    const answer = await send(`${url}${path}`, { method: "POST", key, body, agent: this.#agent });
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }
}
