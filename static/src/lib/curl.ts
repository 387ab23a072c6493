/** The same as a command: what an empty state offers besides its button. */
export function curlCommand(path: string, body?: Record<string, unknown>): string {
  const lines = [`curl ${location.origin}${path}`, '-H "authorization: Bearer $PROMPTLAB_KEY"'];
  if (body) lines.push('-H "content-type: application/json"', `-d '${JSON.stringify(body).replaceAll("'", String.raw`'\''`)}'`);
  return lines.join(" \\\n  ");
}
