import { element } from "./dom.js";

/** The little Markdown of descriptions: paragraphs, `code` and **bold**. @param {string} text */
export function prose(text) {
  return text.split("\n\n").filter(Boolean).map((paragraph) => element("p", null, ...inline(paragraph)));
}

/** The same without paragraphs. @param {string} text @returns {(Node | string)[]} */
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).filter(Boolean).map((part) => {
    if (part.startsWith("`")) return element("code", null, part.slice(1, -1));
    return part.startsWith("**") ? element("strong", null, part.slice(2, -2)) : part;
  });
}
