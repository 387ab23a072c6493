/** Providers whose models are known by their own names, and what they call themselves. */
export const PROVIDERS: Record<string, string> = { openai: "OpenAI", anthropic: "Anthropic", gemini: "Gemini" };
