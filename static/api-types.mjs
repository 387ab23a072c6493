/**
 * Writes `src/api/types.ts` from the OpenAPI document, which comes from the Rust table of routes.
 *
 *   npm run types               writes the file
 *   npm run types -- --check    fails if it is not current
 *
 * Made for this one document: a generator for every document needs TypeScript's compiler as a library.
 */
import { readFileSync, writeFileSync } from "node:fs";

const source = new URL("dist/openapi.json", import.meta.url);
const target = new URL("src/api/types.ts", import.meta.url);

const indented = (text) => text.replaceAll("\n", "\n  ");
const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const comment = (text) => (text ? `/** ${text.replaceAll("*/", "* /").replaceAll(/\s+/g, " ").trim()} */\n` : "");
const array = (type) => (/^[\w.]+$/.test(type) ? `${type}[]` : `(${type})[]`);

function union(types) {
  return [...new Set(types)].join(" | ");
}

/** The members of an object's schema, each with its description. */
function members({ properties = {}, required = [] }) {
  return Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? "" : "?";
    return indented(`\n${comment(schema.description)}${key(name)}${mark}: ${typeOf(schema)};`);
  });
}

function objectType(schema) {
  const rest = schema.additionalProperties;
  const own = members(schema);
  if (own.length === 0) return rest && typeof rest === "object" ? `Record<string, ${typeOf(rest)}>` : "Record<string, unknown>";
  return `{${own.join("")}\n}`;
}

function typeOf(schema) {
  if (schema === true || schema === undefined) return "unknown";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.allOf) return schema.allOf.map(typeOf).join(" & ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return union(choices.map(typeOf));
  const types = [schema.type].flat().filter(Boolean);
  if (types.length === 0) return schema.properties ? objectType(schema) : "unknown";
  return union(types.map((type) => plainType(type, schema)));
}

function plainType(type, schema) {
  if (type === "array") return array(typeOf(schema.items));
  if (type === "object") return objectType(schema);
  return type === "integer" ? "number" : type;
}

function declaration([name, schema]) {
  const text = typeOf(schema);
  const isPlainObject = text.startsWith("{") && schema.type === "object" && !schema.allOf;
  return `${comment(schema.description)}export ${isPlainObject ? `interface ${name} ${text}` : `type ${name} = ${text};`}\n`;
}

const { components } = JSON.parse(readFileSync(source, "utf8"));
const header = "// Made by `npm run types` from the OpenAPI document. Do not edit.\n";
const text = [header, ...Object.entries(components.schemas).map(declaration)].join("\n");

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("src/api/types.ts is not current: run `cargo xtask openapi` and `npm run types` inside static/.");
  process.exitCode = 1;
}
