// Static files for `workerd serve`, which has none of its own: what `[assets]` in wrangler.toml means, run
// inside workerd. FILES is the folder, WORKER the front door behind it (absent for the ASSETS binding).

const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  mjs: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

/** `/api/*` as a wildcard over the path. */
const matches = (pattern, path) =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(path);

function isWorkerFirst(rules, path) {
  if (!Array.isArray(rules)) return rules === true;
  if (rules.some((rule) => rule.startsWith("!") && matches(rule.slice(1), path))) return false;
  return rules.some((rule) => !rule.startsWith("!") && matches(rule, path));
}

/** `_headers`: lines with a path, and below each, indented, what its files are answered with. */
async function readHeaderRules(env) {
  const found = await env.FILES.fetch("http://files/_headers");
  const rules = [];
  for (const line of (found.ok ? await found.text() : "").split("\n")) {
    if (/^\s*(#|$)/.test(line)) continue;
    const colon = line.indexOf(":");
    if (/^\S/.test(line)) rules.push({ pattern: line.trim(), headers: [] });
    else rules.at(-1)?.headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return rules;
}

async function headersFor(env, path, type) {
  const headers = new Headers({ "content-type": type, "cache-control": "public, max-age=0, must-revalidate" });
  for (const rule of await readHeaderRules(env)) {
    if (matches(rule.pattern, path)) for (const [name, value] of rule.headers) headers.set(name, value);
  }
  return headers;
}

async function file(env, path) {
  if (path === "/_headers") return null;
  const candidates = path.endsWith("/") ? [`${path}index.html`] : [path, `${path}.html`, `${path}/index.html`];
  for (const candidate of candidates) {
    const found = await env.FILES.fetch(`http://files${candidate}`);
    // A folder is listed as JSON, a file has a length.
    if (!found.ok || found.headers.get("content-type") === "application/json") continue;
    const type = TYPES[candidate.split(".").pop()] ?? "application/octet-stream";
    return new Response(found.body, { headers: await headersFor(env, path, type) });
  }
  return null;
}

export default {
  async fetch(request, env) {
    const path = new URL(request.url).pathname;
    const { run_worker_first: first, not_found_handling: notFound } = env.ASSETS_CONFIG;
    if (env.WORKER && isWorkerFirst(first, path)) return env.WORKER.fetch(request);
    if (request.method === "GET" || request.method === "HEAD") {
      const found = await file(env, path);
      if (found) return found;
      if (notFound === "single-page-application") return (await file(env, "/")) ?? new Response(null, { status: 404 });
    }
    // A list of what goes to the Worker first leaves everything else to the files.
    return env.WORKER && !Array.isArray(first) ? env.WORKER.fetch(request) : new Response(null, { status: 404 });
  },
};
