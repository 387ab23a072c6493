/**
 * Reads `spin.toml`: routes, variables and allowed hosts, with the meaning that Spin gives them.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { Failure } from "../processes.mjs";

/**
 * @typedef {{name: string, file: string, variables: Record<string, string>, isAllowed: (url: URL) => boolean,
 *   mounts: Record<string, string>}} Component `mounts` are folders by the path where the component sees them.
 * @typedef {{route: string | null, component: string}} Trigger `route` is null for a private one.
 * @param {string} file
 * @param {Record<string, string>} values The application's variables, by their lower-case names.
 * @returns {{triggers: Trigger[], components: Component[]}}
 */
export function readManifest(file, values) {
  const manifest = parse(readFileSync(file, "utf8"));
  const variables = applicationVariables(manifest.variables ?? {}, values);
  const triggers = manifest.trigger.http.map(({ route, component }) => ({ route: typeof route === "string" ? route : null, component }));
  const components = Object.entries(manifest.component).map(([name, component]) => ({
    name,
    file: join(dirname(file), component.source),
    variables: Object.fromEntries(Object.entries(component.variables ?? {}).map(([key, value]) => [key, expand(value, variables)])),
    mounts: Object.fromEntries((component.files ?? []).map(({ source, destination }) => [destination, join(dirname(file), source)])),
    isAllowed: allowedHosts((component.allowed_outbound_hosts ?? []).map((host) => expand(host, variables))),
  }));
  return { triggers, components };
}

function applicationVariables(declared, values) {
  const missing = Object.entries(declared).filter(([name, { required }]) => required && values[name] === undefined);
  if (missing.length > 0) throw new Failure(`spin.toml requires the variables ${missing.map(([name]) => name).join(", ")}.`);
  return Object.fromEntries(Object.entries(declared).map(([name, { default: fallback }]) => [name, values[name] ?? fallback]));
}

/** Replaces `{{ name }}`. */
function expand(template, variables) {
  return template.replaceAll(/\{\{\s*([a-z][a-z0-9_]*)\s*\}\}/g, (_, name) => {
    if (variables[name] === undefined) throw new Failure(`spin.toml uses the variable ${name} and does not declare it.`);
    return variables[name];
  });
}

const DEFAULT_PORTS = { http: "80", https: "443", postgres: "5432" };

/**
 * `scheme://host:port`, each of which may be `*`; `*.name` stands for the hosts below a name.
 * @param {string[]} patterns
 * @returns {(url: URL) => boolean}
 */
export function allowedHosts(patterns) {
  const rules = patterns.filter(Boolean).map((pattern) => {
    const parts = /^([a-z*]+):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+|\*))?\/?$/.exec(pattern);
    if (!parts) throw new Failure(`spin.toml: ${pattern} is not an allowed host: it needs a scheme and a host and nothing more.`);
    const [, scheme, host, port = DEFAULT_PORTS[scheme]] = parts;
    return { scheme, host, port };
  });
  const matchesHost = (rule, host) => rule === "*" || rule === host || (rule.startsWith("*.") && host.endsWith(rule.slice(1)));
  return (url) => {
    const scheme = url.protocol.slice(0, -1).replace("postgresql", "postgres");
    const port = url.port || DEFAULT_PORTS[scheme];
    return rules.some(
      (rule) => (rule.scheme === "*" || rule.scheme === scheme) && matchesHost(rule.host, url.hostname) && (rule.port === "*" || rule.port === port),
    );
  };
}

/**
 * Which component answers a path: an exact segment wins over `:name`, and that over `...`.
 * @param {Trigger[]} triggers
 * @returns {(path: string) => string | undefined}
 */
export function router(triggers) {
  const routes = triggers
    .filter(({ route }) => route !== null)
    .map(({ route, component }) => ({ segments: route.split("/").slice(1), component }));
  return (path) => {
    const segments = path.split("/").slice(1);
    const matching = routes.filter((route) => matches(route.segments, segments));
    return matching.sort((a, b) => compare(b.segments, a.segments))[0]?.component;
  };
}

function matches(route, path) {
  const isOpen = route.at(-1) === "...";
  const fixed = isOpen ? route.slice(0, -1) : route;
  if (isOpen ? path.length < fixed.length : path.length !== fixed.length) return false;
  return fixed.every((segment, index) => (segment.startsWith(":") ? path[index] !== "" : segment === path[index]));
}

function compare(a, b) {
  const rank = (segment) => (segment === undefined ? 3 : segment === "..." ? 0 : segment.startsWith(":") ? 1 : 2);
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = rank(a[index]) - rank(b[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}
