/** Code that resolves a prompt, ready to be copied: with the real address, name and variables. */

export interface Call {
  origin: string;
  name: string;
  environment: "production" | "staging";
  variables: Record<string, string>;
}

export interface Snippet {
  id: string;
  title: string;
  code: string;
}

const path = (name: string): string => `/api/resolve/${encodeURIComponent(name)}`;

/** The request's body: what is at its default stays out. */
export function requestBody({ environment, variables }: Omit<Call, "origin" | "name">): Record<string, unknown> {
  return { ...(environment === "production" ? {} : { environment }), user_id: "user-42", ...(Object.keys(variables).length > 0 ? { variables } : {}) };
}

/** JSON that can stand between single quotes in a shell. */
const shellQuoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", `'\\''`)}'`;

/** Python's literals for what JSON can hold here: strings and objects of strings look the same. */
const python = (value: unknown): string => JSON.stringify(value, null, 4).replaceAll("\n", "\n    ");

function curl(call: Call): string {
  return `curl ${call.origin}${path(call.name)} \\
  -H "authorization: Bearer $PROMPTLAB_KEY" \\
  -H "content-type: application/json" \\
  -d ${shellQuoted(requestBody(call))}`;
}

function javascript(call: Call): string {
  return `const response = await fetch("${call.origin}${path(call.name)}", {
  method: "POST",
  headers: {
    authorization: \`Bearer \${process.env.PROMPTLAB_KEY}\`,
    "content-type": "application/json",
  },
  body: JSON.stringify(${JSON.stringify(requestBody(call), null, 2).replaceAll("\n", "\n  ")}),
});
if (!response.ok) throw new Error(await response.text());
const prompt = await response.json();
console.log(prompt.resolved_text ?? prompt.messages);`;
}

function pythonCode(call: Call): string {
  return `# pip install requests
import os
import requests

response = requests.post(
    "${call.origin}${path(call.name)}",
    headers={"authorization": f"Bearer {os.environ['PROMPTLAB_KEY']}"},
    json=${python(requestBody(call))},
    timeout=5,
)
response.raise_for_status()
prompt = response.json()
print(prompt.get("resolved_text") or prompt["messages"])`;
}

/** A raw string whose mark does not occur in the text. */
function rustRaw(text: string): string {
  let mark = "#";
  while (text.includes(`"${mark}`)) mark += "#";
  return `r${mark}"${text}"${mark}`;
}

function rust(call: Call): string {
  return `// cargo add reqwest --features json
// cargo add serde_json
// cargo add tokio --features macros,rt-multi-thread
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let body: serde_json::Value = serde_json::from_str(${rustRaw(JSON.stringify(requestBody(call)))})?;
    let prompt: serde_json::Value = reqwest::Client::new()
        .post("${call.origin}${path(call.name)}")
        .bearer_auth(std::env::var("PROMPTLAB_KEY")?)
        .json(&body)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    println!("{}", prompt.get("resolved_text").unwrap_or(&prompt["messages"]));
    Ok(())
}`;
}

export function snippets(call: Call): Snippet[] {
  return [
    { id: "curl", title: "curl", code: curl(call) },
    { id: "python", title: "Python", code: pythonCode(call) },
    { id: "javascript", title: "JavaScript", code: javascript(call) },
    { id: "rust", title: "Rust", code: rust(call) },
  ];
}
