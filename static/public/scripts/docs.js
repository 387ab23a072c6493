import { copyButton, element } from "./dom.js";
import { Problem, problemRow, send } from "./problem.js";
import { schemaMembers, typeOf } from "./schema.js";
import { inline, prose } from "./text.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const main = document.getElementById("main");
const contents = document.getElementById("contents");
const search = document.getElementById("search");

/**
 * An operation as it stands on the page.
 * @typedef {{id: string, text: string, section: HTMLElement, entry: HTMLElement}} Shown
 */

async function start() {
  try {
    const document_ = await (await send("/openapi.json")).json();
    show(document_);
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem({ code: "unreadable", detail: `openapi.json cannot be shown: ${error.message}` });
    main.replaceChildren(problemRow(problem, start));
  }
}

function show(api) {
  const reader = new Reader(api);
  const areas = api.tags.map((tag) => ({ tag, operations: reader.operations().filter(({ operation }) => operation.tags.includes(tag.name)) }));
  /** @type {Shown[]} */
  const shown = [];
  main.replaceChildren(intro(api.info));
  contents.replaceChildren();
  for (const { tag, operations } of areas) {
    const entries = element("ul");
    const area = element("section", { class: "area", "aria-label": tag.name }, element("h2", null, tag.name), element("p", { class: "note" }, tag.description));
    for (const parts of operations) {
      const section = operationSection(reader, parts);
      const entry = contentsEntry(parts);
      area.append(section);
      entries.append(entry);
      shown.push({ id: parts.operation.operationId, text: section.textContent.toLowerCase(), section, entry });
    }
    main.append(area);
    contents.append(element("section", null, element("h2", null, tag.name), entries));
  }
  wire(shown);
}

/** Looks things up in the document. */
class Reader {
  constructor(api) {
    this.api = api;
  }

  /** @template T @param {T} value @returns {T} What it is, or what it refers to. */
  follow(value) {
    const path = value?.$ref?.replace("#/", "").split("/");
    return path ? this.follow(path.reduce((place, name) => place[name], this.api)) : value;
  }

  operations() {
    return Object.entries(this.api.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })),
    );
  }
}

function intro(info) {
  return element("div", { class: "prose" }, element("h1", null, `${info.title} API `, element("span", { class: "note" }, info.version)), ...prose(info.description));
}

function contentsEntry({ path, method, operation }) {
  const link = element("a", { href: `#${operation.operationId}`, title: `${method.toUpperCase()} ${path}` }, badge(method), element("span", null, operation.summary));
  return element("li", null, link);
}

function badge(method) {
  return element("span", { class: `method ${method}` }, method.toUpperCase());
}

function operationSection(reader, { path, method, operation }) {
  const id = operation.operationId;
  const parameters = (operation.parameters ?? []).map((parameter) => reader.follow(parameter));
  const body = operation.requestBody && reader.follow(operation.requestBody);
  return element(
    "section",
    { class: "operation", id, "aria-labelledby": `${id}-title` },
    element("h3", { id: `${id}-title` }, element("a", { href: `#${id}` }, operation.summary)),
    element("div", { class: "route" }, badge(method), element("span", { class: "path" }, path), role(operation)),
    ...prose(operation.description ?? ""),
    ...parametersPart(reader, parameters),
    ...bodyPart(reader, body),
    example(curl(path, method, operation, parameters, body), "Try it"),
    element("h4", null, "Responses"),
    element("div", { class: "responses" }, ...Object.entries(operation.responses).map(([status, response]) => responsePart(reader, status, reader.follow(response)))),
  );
}

function role(operation) {
  const needed = operation["x-role"];
  return element("span", { class: "role" }, needed ? `role ${needed}${needed === "admin" ? "" : " or above"}` : "no key needed");
}

function parametersPart(reader, parameters) {
  if (parameters.length === 0) return [];
  const rows = parameters.map((parameter) => {
    const { name, schema, required, description } = parameter;
    return element(
      "li",
      null,
      element("span", { class: "name" }, name),
      element("span", { class: "type" }, `${typeOf(reader.follow(schema), reader)} in ${parameter.in}`),
      required && element("span", { class: "required" }, "required"),
      description && element("span", { class: "about" }, ...inline(description)),
    );
  });
  return [element("h4", null, "Parameters"), element("ul", { class: "members" }, ...rows)];
}

function bodyPart(reader, body) {
  if (!body) return [];
  const { schema } = body.content["application/json"];
  return [element("h4", null, body.required ? "Body" : "Body, optional"), schemaMembers(schema, reader, "sent")];
}

function responsePart(reader, status, response) {
  const parts = Object.entries(response.content ?? {}).flatMap(([mediaType, content]) => [
    element("p", { class: "note" }, mediaType),
    ...(content["x-events"] ? Object.entries(content["x-events"]).map(([name, schema]) => event(reader, name, schema)) : [schemaMembers(content.schema, reader, "received")]),
    example(typeof content.example === "string" ? content.example.trimEnd() : JSON.stringify(content.example, null, 2)),
  ]);
  const headers = Object.entries(response.headers ?? {}).filter(([name]) => name !== "x-request-id");
  if (headers.length > 0) {
    const rows = headers.map(([name, header]) => element("li", null, element("span", { class: "name" }, name), element("span", { class: "about" }, ...inline(reader.follow(header).description))));
    parts.unshift(element("p", { class: "note" }, "Headers"), element("ul", { class: "members" }, ...rows));
  }
  const isGood = status < 400;
  return element(
    "details",
    { class: "response" },
    element("summary", null, element("span", { class: `code ${isGood ? "good" : "bad"}` }, status), " ", ...inline(response.description)),
    element("div", { class: "body" }, ...(parts.length > 0 ? parts : [element("p", { class: "note" }, "No body.")])),
  );
}

function event(reader, name, schema) {
  return element("details", null, element("summary", null, "Event ", element("code", null, name)), schemaMembers(schema, reader, "received"));
}

function example(text, label = "Example") {
  const head = element("div", null, element("span", { class: "note" }, label), copyButton(() => text));
  return element("div", { class: "example" }, head, element("pre", { tabIndex: 0, "aria-label": label }, element("code", null, text)));
}

/** A command that does it here, with the key from the environment. */
function curl(path, method, operation, parameters, body) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(sample(parameters.find((parameter) => parameter.name === name && parameter.in === "path"))));
  const query = parameters.filter((parameter) => parameter.in === "query" && (parameter.required || parameter.example !== undefined));
  const search = query.map((parameter) => `${parameter.name}=${encodeURIComponent(sample(parameter))}`).join("&");
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = [`curl ${quote(location.origin + filled + (search ? `?${search}` : ""))}`];
  if (operation.responses[200]?.content?.["text/event-stream"]) lines[0] = lines[0].replace("curl", "curl -N");
  if (operation["x-role"]) lines.push('-H "authorization: Bearer $PROMPTLAB_KEY"');
  if (body) lines.push("-H 'content-type: application/json'", `-d ${quote(JSON.stringify(body.content["application/json"].example, null, 2).replaceAll("\n", "\n  "))}`);
  const implied = body ? "post" : "get";
  if (method !== implied) lines.splice(1, 0, `-X ${method.toUpperCase()}`);
  return lines.join(" \\\n  ");
}

function sample(parameter) {
  return parameter.example ?? parameter.schema.examples?.[0] ?? parameter.schema.default ?? parameter.name;
}

// Search and deep links.

/** @param {Shown[]} shown */
function wire(shown) {
  search.value = new URLSearchParams(location.search).get("search") ?? "";
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { text, section, entry } of shown) {
      const isFound = words.every((word) => text.includes(word));
      section.hidden = entry.hidden = !isFound;
      count += Number(isFound);
    }
    for (const area of document.querySelectorAll(".area, #contents > section")) area.hidden = !area.querySelector(".operation:not([hidden]), li:not([hidden])");
    // The heading stays: it says where one is.
    for (const paragraph of main.querySelectorAll(":scope > .prose > :not(h1)")) paragraph.hidden = words.length > 0;
    document.getElementById("found").textContent = words.length === 0 ? `${shown.length} routes` : `${count} of ${shown.length} routes`;
    const query = search.value ? `?search=${encodeURIComponent(search.value)}` : "";
    history.replaceState(null, "", location.pathname + query + location.hash);
  };
  const go = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    for (const { id: own, section, entry } of shown) {
      const isNamed = own === id;
      section.classList.toggle("named", isNamed);
      entry.firstChild.toggleAttribute("aria-current", isNamed);
      if (!isNamed) continue;
      if (section.hidden) {
        search.value = "";
        filter();
      }
      section.scrollIntoView();
    }
  };
  search.addEventListener("input", filter);
  window.addEventListener("hashchange", go);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      search.focus();
    }
  });
  filter();
  go();
}

start();
