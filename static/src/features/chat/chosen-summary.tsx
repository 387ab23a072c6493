import { useQuery } from "@tanstack/react-query";
import { promptQuery } from "@/api/queries";
import { usePermission } from "@/api/session";
import type { Choices } from "./choices";

/** In the composer, in one line: what will answer. */
export function ChosenSummary({ choices: { prompt, environment, model }, onOpen }: { choices: Choices; onOpen: () => void }) {
  const { allowed } = usePermission("viewer");
  const name = useQuery({ ...promptQuery(prompt), enabled: allowed && prompt !== "", staleTime: 60_000 }).data?.name ?? prompt;
  const parts = [prompt ? `${name} · ${environment}` : null, model || (prompt ? null : "offline")].filter((part) => part !== null);
  return (
    <button type="button" onClick={onOpen} className="max-w-full truncate rounded-md px-1.5 py-0.5 text-start font-mono text-xs text-muted hover:bg-hover hover:text-ink xl:pointer-events-none" aria-label={`What answers: ${parts.join(", ")}`}>
      {parts.join(" · ")}
    </button>
  );
}
