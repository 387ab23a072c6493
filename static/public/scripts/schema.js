import { element } from "./dom.js";
import { inline } from "./text.js";

/** What a schema describes, in words. */
export function typeOf(schema, reader) {
  const followed = reader.follow(schema);
  if (followed.const !== undefined) return JSON.stringify(followed.const);
  const alternatives = followed.oneOf ?? followed.anyOf;
  if (alternatives) return alternatives.map((part) => typeOf(part, reader)).join(" or ");
  if (followed.enum) return followed.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (followed.allOf) return "object";
  const names = [followed.type ?? "anything"].flat().map((name) => (name === "array" && followed.items ? `array of ${typeOf(followed.items, reader)}` : name));
  return names.join(" or ") + bounds(followed);
}

function bounds({ minimum, maximum, minLength, maxLength, minItems, maxItems, format, default: standard }) {
  const range = (low, high, unit) => {
    if (low === undefined && high === undefined) return null;
    if (high === undefined) return `from ${low}${unit}`;
    return low === undefined ? `up to ${high}${unit}` : `${low} to ${high}${unit}`;
  };
  const parts = [format, range(minimum, maximum, ""), range(minLength, maxLength, " characters"), range(minItems, maxItems, " entries"), standard !== undefined && `default ${JSON.stringify(standard)}`];
  const said = parts.filter(Boolean);
  return said.length > 0 ? `, ${said.join(", ")}` : "";
}

/**
 * The list of a schema's members. What is nested unfolds.
 * @param {"sent" | "received"} direction Of what is sent, the reader must know what is required; of what is received,
 *   what may be absent.
 */
export function schemaMembers(schema, reader, direction) {
  const parts = objectsOf(schema, reader);
  const rows = parts.flatMap(({ properties = {}, required = [] }) => Object.entries(properties).map(([name, property]) => member(name, property, required.includes(name), reader, direction)));
  if (rows.length > 0) return element("ul", { class: "members" }, ...rows);
  return element("p", { class: "note" }, typeOf(schema, reader));
}

/** The object schemas that a schema is made of: itself, or the parts of an `allOf`. */
function objectsOf(schema, reader) {
  const followed = reader.follow(schema);
  return followed.allOf ? followed.allOf.flatMap((part) => objectsOf(part, reader)) : [followed];
}

function member(name, property, isRequired, reader, direction) {
  const followed = reader.follow(property);
  const description = property.description ?? followed.description;
  const nested = nestedOf(followed, reader);
  return element(
    "li",
    null,
    element("span", { class: "name" }, name),
    element("span", { class: "type" }, typeOf(followed, reader)),
    isRequired && direction === "sent" && element("span", { class: "required" }, "required"),
    !isRequired && direction === "received" && element("span", { class: "absent" }, "may be absent"),
    description && element("span", { class: "about" }, ...inline(description)),
    nested && element("details", null, element("summary", null, "Members"), schemaMembers(nested, reader, direction)),
  );
}

/** The object schema inside a property: itself, a list's rows, a map's values, or the first alternative with members. */
function nestedOf(schema, reader) {
  const followed = reader.follow(schema);
  if (followed.properties || followed.allOf) return followed;
  const inside = followed.items ?? (typeof followed.additionalProperties === "object" ? followed.additionalProperties : null);
  if (inside) return nestedOf(inside, reader);
  return (followed.oneOf ?? followed.anyOf ?? []).map((part) => nestedOf(part, reader)).find(Boolean) ?? null;
}
