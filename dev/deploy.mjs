/**
 * `make deploy`: migrates the database, builds, and deploys every Worker with its secrets, the front door last.
 *
 * It needs a login (`wrangler login` or CLOUDFLARE_API_TOKEN) and the secrets in the environment: DATABASE_URL,
 * UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, PROMPTLAB_SECRET; where to alert and a model's key go along if they
 * are there. ENV names a wrangler environment. With
 * DRY_RUN=1 wrangler only checks what it would upload, and no secret is needed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFunctions, findWorkers } from "./functions.mjs";
import { migrate, withClient } from "./migrate.mjs";
import { Failure, root, run, runMain, tail } from "./processes.mjs";
import { ensureAdminKey } from "./seed.mjs";
import { setup } from "./setup.mjs";

const REQUIRED = ["DATABASE_URL", "UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN", "PROMPTLAB_SECRET"];
/** Passed on when they are there. */
const OPTIONAL = ["LLM_API_KEY", "ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET", "OTEL_EXPORTER_OTLP_HEADERS"];

if (import.meta.main) await runMain(main);

async function main() {
  const isDryRun = process.env.DRY_RUN === "1";
  const secrets = isDryRun ? {} : readSecrets(process.env);
  console.log("Set-up");
  await setup({});
  console.log("Functions");
  await buildFunctions({ release: true });
  if (!isDryRun) await prepareDatabase(secrets.DATABASE_URL);
  console.log("Workers");
  const folder = mkdtempSync(join(tmpdir(), "promptlab-deploy-"));
  try {
    const file = join(folder, "secrets.json");
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
    // A service binding needs its target to exist: the front door, which binds them all, comes last.
    for (const worker of findWorkers().reverse()) await deploy(worker, isDryRun ? ["--dry-run"] : ["--secrets-file", file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What every function is given. @param {Record<string, string | undefined>} environment @returns {Record<string, string>} */
export function readSecrets(environment) {
  const missing = REQUIRED.filter((name) => !environment[name]);
  if (missing.length > 0) throw new Failure(`set ${missing.join(", ")} first: README.md says where each comes from.`);
  const names = [...REQUIRED, ...OPTIONAL.filter((name) => environment[name])];
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

async function prepareDatabase(databaseUrl) {
  console.log("Database");
  const applied = await migrate(databaseUrl);
  console.log(`  migrations: ${applied.length > 0 ? applied.join(", ") : "up to date"}`);
  const file = join(root, ".dev/deployed-admin.key");
  await withClient(databaseUrl, (client) => ensureAdminKey(client, file));
  console.log("  admin key: .dev/deployed-admin.key");
}

async function deploy({ name, directory }, options) {
  const environment = process.argv[2] ? ["--env", process.argv[2]] : [];
  const args = [join(root, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--config", join(directory, "wrangler.toml"), ...options, ...environment];
  const { code, output } = await run(process.execPath, args, { env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" } });
  if (code !== 0) throw new Failure(`${name} could not be deployed:\n${tail(output, 15)}`);
  console.log(`  ${name}: ${/https:\/\/\S+workers\.dev/.exec(output)?.[0] ?? "done"}`);
}
