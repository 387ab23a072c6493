/**
 * An installation whose models are those of the scripted server, by keys that a team has set like any other.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFunctions } from "../../../dev/functions.mjs";
import { root } from "../../../dev/processes.mjs";
import { startStack } from "../../../dev/stack.mjs";
import { client } from "./client.mjs";

const FUNCTIONS = ["gateway", "chat", "keys", "prompts"];

/** Where each wire format is found on the scripted server; the server tells them apart by the rest of the path. */
const PATHS = { openai: "/v1", anthropic: "/v1", gemini: "/v1beta", "custom-mock": "/v1" };

/**
 * Starts it, and gives its first team a key for each provider: the provider's own name.
 * @param {Record<string, string>} vars More settings.
 * @param {string[]} more More functions.
 */
export async function startModels(vars = {}, more = []) {
  const dir = mkdtempSync(join(tmpdir(), "promptlab-models-"));
  const only = [...FUNCTIONS, ...more];
  await buildFunctions({ names: only, quiet: true });
  const mock = spawn(process.execPath, [join(root, "tests/mock-models/server.mjs"), "--watch-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(mock.stdout, "data");
  const mockUrl = JSON.parse(String(line)).url;
  const end = () => {
    mock.stdin.end();
    rmSync(dir, { recursive: true, force: true });
  };
  const patient = { LLM_FIRST_TOKEN_TIMEOUT_MS: "1500", LLM_IDLE_TIMEOUT_MS: "700", CHAT_REQUESTS_PER_HOUR: "100000" };
  const stack = await startStack({ dir, vars: { ...patient, ...vars }, only }).catch((error) => {
    end();
    throw error;
  });
  const api = client({ url: stack.url, key: stack.adminKey });

  const setKey = (name, api_key = keyOf(name)) => api.call("PUT", `/api/providers/${name}`, { api_key, base_url: mockUrl + PATHS[name] });
  for (const name of Object.keys(PATHS)) {
    const { status, body } = await setKey(name);
    if (status === 200) continue;
    await stop();
    throw new Error(`${name} was not set: ${JSON.stringify(body)}`);
  }

  /** The requests that the scripted server has got for a model. */
  async function requests(model) {
    const response = await fetch(`${mockUrl}/__requests`);
    return (await response.json()).requests.filter((request) => request.model === model);
  }

  /** Makes a model behave like another from now on. */
  async function behave(model, behaviour) {
    await fetch(`${mockUrl}/__behaviour`, { method: "POST", body: JSON.stringify({ model, behaviour }) });
  }

  async function stop() {
    await stack.stop();
    end();
  }

  /** A prompt whose version is live. @returns {Promise<{prompt_id: string, version_id: string}>} */
  async function makeLive(name, version) {
    const prompt = await api.call("POST", "/api/prompts", { name });
    const path = `/api/prompts/${encodeURIComponent(name)}`;
    const made = await api.call("POST", `${path}/versions`, { type: "text", ...version });
    const { version_id } = made.body;
    const moved = await api.call("POST", `${path}/promote`, { version_id, environment: "production" });
    if (moved.status !== 200) throw new Error(JSON.stringify(moved.body));
    return { prompt_id: prompt.body.id, version_id };
  }

  return { dir, vars: { ...stack.vars, ...patient }, url: stack.url, key: stack.adminKey, databaseUrl: stack.databaseUrl, log: stack.workerd.output, api, setKey, requests, behave, makeLive, stop };
}

/** The key of a provider on the scripted server. */
export const keyOf = (name) => `sk-${name}-0123456789`;
