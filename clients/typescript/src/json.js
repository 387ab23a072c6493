/**
 * JSON that every reader takes. A string may hold half of a surrogate pair, where somebody has cut it; JavaScript writes
 * it as an escape that others refuse, and the whole request with it. U+FFFD stands in its place.
 * @param {unknown} value @param {(this: any, key: string, value: any) => any} [replacer] @returns {string}
 */
export function toJson(value, replacer) {
  const text = JSON.stringify(value, replacer);
  if (!text?.includes("\\ud")) return text;
  // Two backslashes are one of the text, and what follows them is no escape.
  return text.replace(/\\(?:\\|ud[89a-f][0-9a-f]{2})/g, (escape) => (escape === "\\\\" ? escape : "\ufffd"));
}
