/**
 * Names as JavaScript has them from those of the API, and back: of an object's own fields, not of what they hold.
 * Fields that the server gets later come through without a change here.
 */

/** @param {Record<string, unknown>} fields @returns {any} */
export function toCamelCase(fields) {
  const rename = (/** @type {string} */ name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));
}

/** @param {object} fields @returns {Record<string, unknown>} */
export function toSnakeCase(fields) {
  const rename = (/** @type {string} */ name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));
}
