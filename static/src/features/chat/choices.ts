/** What answers: a prompt in an environment, for a user, with a model. */
import type { ChatInput, Environment } from "@/api/types";
import type { Turn } from "./turn";

export interface Choices {
  /** A name or an id; empty for none. */
  prompt: string;
  environment: Environment;
  user: string;
  /** Empty for the prompt's own, or the built-in one. */
  model: string;
}

/** In the address: empty means as the conversation has it. */
export const CHOICES_IN_ADDRESS = { prompt: "", environment: "", user: "", model: "" };

/** How a conversation goes on when nothing else is chosen: as its last answer. */
export function choicesOf(turns: readonly Turn[], userId: string | null): Choices {
  const last = turns.findLast(({ answer }) => answer.id !== null)?.answer;
  return {
    prompt: last?.promptId ?? "",
    environment: last?.environment === "staging" ? "staging" : "production",
    user: userId ?? "",
    model: last && last.promptId === null ? (last.model ?? "") : "",
  };
}

/** What was chosen, and the rest as it was. */
export function withChosen(base: Choices, chosen: typeof CHOICES_IN_ADDRESS): Choices {
  return {
    prompt: chosen.prompt || base.prompt,
    environment: chosen.environment === "staging" || chosen.environment === "production" ? chosen.environment : base.environment,
    user: chosen.user || base.user,
    model: chosen.model || base.model,
  };
}

/** The request. Variables without a value stay out: the template then shows them as they are written. */
export function bodyOf(message: string, conversation: string | undefined, { prompt, environment, user, model }: Choices, variables: Record<string, string>): ChatInput {
  const given = Object.entries(variables).filter(([, value]) => value !== "");
  return {
    message,
    ...(conversation ? { conversation_id: conversation } : {}),
    ...(prompt ? { prompt, environment } : {}),
    ...(prompt && given.length > 0 ? { variables: Object.fromEntries(given) } : {}),
    ...(user ? { user_id: user } : {}),
    ...(model ? { model } : {}),
  };
}
