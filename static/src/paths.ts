/** Every address of the application. Nothing else spells one out. */

const segment = encodeURIComponent;

export type PromptTab = "prompt" | "config" | "experiments" | "metrics" | "use";

export const paths = {
  home: () => "/",
  signIn: () => "/sign-in",

  prompts: () => "/prompts",
  // A prompt may be called "new", so this is beside the prompts, not among them.
  promptNew: () => "/new-prompt",
  prompt: (name: string, tab: PromptTab = "prompt") => (tab === "prompt" ? `/prompts/${segment(name)}` : `/prompts/${segment(name)}/${tab}`),
  promptEdit: (name: string) => `/prompts/${segment(name)}/edit`,
  promptDiff: (name: string) => `/prompts/${segment(name)}/diff`,
  promptHistory: (name: string) => `/prompts/${segment(name)}/history`,

  experiments: () => "/experiments",
  experimentNew: () => "/experiments/new",
  experiment: (id: string) => `/experiments/${segment(id)}`,
  canary: (id: string) => `/canaries/${segment(id)}`,

  chat: () => "/chat",
  conversation: (id: string) => `/chat/${segment(id)}`,

  analytics: () => "/analytics",

  settings: () => "/settings",
  keys: () => "/settings/keys",
  providers: () => "/settings/providers",
  team: () => "/settings/team",
  privacy: () => "/settings/privacy",
  audit: () => "/settings/audit",
};

/** An address with its search parameters; those at their default (undefined or empty) stay out. */
export function withParams(path: string, params: Record<string, string | number | undefined>): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}
