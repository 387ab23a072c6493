/**
 * Whether `spin.toml` is a manifest that Spin takes, says the same as the code, and means what we think.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "smol-toml";
import { root } from "../processes.mjs";
import { allowedHosts, readManifest, router } from "./manifest.mjs";

const file = join(root, "spin.toml");
const manifest = parse(readFileSync(file, "utf8"));
const source = (path) => readFileSync(join(root, path), "utf8");
const required = { database_url: "postgres://u:p@db.example.com/promptlab", upstash_redis_rest_url: "https://cache.example.com", upstash_redis_rest_token: "t" };

/** Spin refuses a manifest with any other key. */
const KEYS = {
  manifest: ["spin_manifest_version", "application", "variables", "trigger", "component"],
  application: ["name", "version", "description", "authors"],
  variable: ["required", "default", "secret"],
  trigger: ["id", "route", "component", "executor"],
  component: ["source", "description", "variables", "allowed_outbound_hosts", "files", "exclude_files", "build", "tool"],
};

function checkKeys(kind, table, where = kind) {
  const unknown = Object.keys(table).filter((key) => !KEYS[kind].includes(key));
  assert.deepEqual(unknown, [], `${where} has keys that Spin does not know`);
}

describe("the format", () => {
  test("has only what Spin knows", () => {
    checkKeys("manifest", manifest);
    assert.equal(manifest.spin_manifest_version, 2);
    checkKeys("application", manifest.application);
    for (const [name, variable] of Object.entries(manifest.variables)) checkKeys("variable", variable, name);
    for (const trigger of manifest.trigger.http) checkKeys("trigger", trigger, trigger.route);
    for (const [name, component] of Object.entries(manifest.component)) checkKeys("component", component, name);
  });

  test("names things as Spin demands", () => {
    for (const name of Object.keys(manifest.component)) assert.match(name, /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/);
    for (const [name, variable] of Object.entries(manifest.variables)) {
      assert.match(name, /^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/);
      assert.notEqual(Boolean(variable.required), variable.default !== undefined, `${name} is required or has a default`);
    }
    const routes = manifest.trigger.http.map(({ route }) => route);
    assert.equal(new Set(routes).size, routes.length, "no route twice");
  });
});

describe("the content", () => {
  test("has every function, and nothing else", () => {
    const functions = readdirSync(join(root, "functions")).sort();
    assert.deepEqual(Object.keys(manifest.component).sort(), functions);
    for (const name of functions) assert.equal(manifest.component[name].source, `target/components/${name}.component.wasm`);
  });

  test("hands on every setting that functions read, secrets as secrets", () => {
    const list = /SETTINGS: &\[&str\] = &\[([^\]]*)\]/.exec(source("shared/platform/src/config.rs"))[1];
    const settings = [...list.matchAll(/"([A-Z_]+)"/g)].map(([, name]) => name.toLowerCase()).sort();
    const handedOn = new Set(Object.values(manifest.component).flatMap(({ variables }) => Object.keys(variables)));
    assert.deepEqual([...handedOn].sort(), settings);
    for (const name of Object.keys(manifest.variables)) {
      const isSecret = /secret|token|key|headers|database_url/.test(name) && !name.includes("timeout");
      assert.equal(manifest.variables[name].secret ?? false, isSecret, name);
    }
    for (const [name, { variables }] of Object.entries(manifest.component)) {
      for (const [key, value] of Object.entries(variables)) assert.equal(value, `{{ ${key} }}`, name);
    }
  });

  test("knows every setting by the name in the code", () => {
    const known = new Set(source("shared/platform/src/config.rs").match(/"[A-Z]+(_[A-Z]+)*"/g));
    const folders = ["functions", "shared"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name, "src")));
    const files = folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)));
    for (const path of files.filter((name) => name.endsWith(".rs") && !name.startsWith("shared/platform"))) {
      const code = source(path).split("#[cfg(test)]")[0];
      for (const [, name] of code.matchAll(/config(?:\(\))?\s*\.get\(("[A-Z_]+")\)/g)) assert.ok(known.has(name), `${name} in ${path}`);
      for (const [, constant] of code.matchAll(/config(?:\(\))?\s*\.get\(([A-Z_]+)\)/g)) {
        const [, name] = new RegExp(`const ${constant}: &str = ("[A-Z_]+")`).exec(code) ?? [];
        assert.ok(known.has(name), `${constant} in ${path}`);
      }
    }
  });

  test("routes every path to the function that the front door chooses", () => {
    const { triggers } = readManifest(file, required);
    const componentFor = router(triggers);
    const table = source("shared/edge/src/routes.rs");
    const names = Object.fromEntries([...table.matchAll(/Self::(\w+) => "([a-z-]+)"/g)].map(([, variant, name]) => [variant, name]));
    const routes = [...table.matchAll(/\b(?:route\(\s*"[A-Z]+",|creates\(|public\()\s*"(\/[^"]*)",\s*(\w+)/g)];
    assert.ok(routes.length > 30, `${routes.length} routes were found`);
    for (const [, path, variant] of routes) assert.equal(componentFor(path.replaceAll(/\{\*?\w+\}/g, "a%2Fb")), names[variant], path);
    assert.equal(componentFor("/no/such/path"), "gateway");
  });

  test("lets each function reach its stores, and only chat the web", () => {
    const { components } = readManifest(file, required);
    for (const { name, isAllowed } of components) {
      assert.ok(isAllowed(new URL("postgres://u:p@db.example.com:5433/promptlab")), name);
      assert.ok(isAllowed(new URL("https://cache.example.com/pipeline")), name);
      assert.ok(!isAllowed(new URL("http://cache.example.com/")), name);
      assert.equal(isAllowed(new URL("https://models.example.com:8443/v1")), name === "chat", name);
    }
  });
});

describe("our reading of it", () => {
  test("prefers the more exact route", () => {
    const triggers = ["/...", "/a/...", "/a/b", "/a/:x", "/a/:x/c"].map((route) => ({ route, component: route }));
    const componentFor = router([...triggers, { route: null, component: "private" }]);
    const expected = { "/": "/...", "/x": "/...", "/a": "/a/...", "/a/b": "/a/b", "/a/z": "/a/:x", "/a/z/c": "/a/:x/c", "/a/b/d": "/a/..." };
    for (const [path, route] of Object.entries(expected)) assert.equal(componentFor(path), route, path);
    assert.equal(router([{ route: "/only", component: "x" }])("/other"), undefined);
  });

  test("allows the hosts that are listed", () => {
    const isAllowed = allowedHosts(["https://*.example.com", "http://127.0.0.1:8080", "*://localhost:*"]);
    for (const url of ["https://a.example.com/x", "http://127.0.0.1:8080", "http://localhost:1", "postgres://localhost/x"]) assert.ok(isAllowed(new URL(url)), url);
    for (const url of ["https://example.com", "https://a.example.com:444", "http://127.0.0.1", "https://127.0.0.1:8080"]) assert.ok(!isAllowed(new URL(url)), url);
    assert.throws(() => allowedHosts(["https://example.com/path"]), /nothing more/);
  });

  test("says which variable is missing", () => {
    assert.throws(() => readManifest(file, {}), /database_url, upstash_redis_rest_url, upstash_redis_rest_token/);
  });
});
