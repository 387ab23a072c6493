/** The same as a command: what an empty state offers besides its button. */
export function curlCommand(path: string, body?: Record<string, unknown>): string {
  const lines = [`curl ${location.origin}${path}`, '-H "authorization: Bearer $PROMPTLAB_KEY"'];
  if (body) lines.push('-H "content-type: application/json"', `-d '${jsonLines(body).replaceAll("'", String.raw`'\''`)}'`);
  return lines.join(" \\\n  ");
}

/** In characters: what fits beside `-d` on a phone. */
const SHORT = 48;

/** JSON for reading: what is long has a line for each field, and for each element of a list. */
function jsonLines(body: Record<string, unknown>): string {
  const short = JSON.stringify(body);
  if (short.length <= SHORT) return short;
  const value = (field: unknown) => (Array.isArray(field) ? `[${field.map((each) => `\n       ${JSON.stringify(each)}`).join(",")}]` : JSON.stringify(field));
  return `{${Object.entries(body)
    .map(([name, field]) => `\n     ${JSON.stringify(name)}: ${value(field)}`)
    .join(",")}}`;
}
