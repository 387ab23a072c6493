import { toast } from "sonner";
import { ApiError, sentence } from "@/api/errors";

/** What is shown of what only its newest news matters of. */
const replaceable = new Map<string, string | number>();

/** Something was done. With `undo`, for eight seconds a way back. One with the same `id` replaces the one before. */
export function notify(text: string, options: { description?: string; undo?: () => void; id?: string } = {}): void {
  const { description, undo, id } = options;
  const before = id && replaceable.get(id);
  if (before) toast.dismiss(before);
  const shown = toast(text, {
    ...(description ? { description } : {}),
    ...(undo ? { action: { label: "Undo", onClick: undo }, duration: 8000 } : {}),
  });
  if (id) replaceable.set(id, shown);
}

/** What an error says; of a refused body, what is wrong with each field. */
function detailOf(error: unknown): string {
  if (error instanceof ApiError && error.fields.length > 0) return error.fields.map(({ field, detail }) => sentence(`${field}: ${detail}`)).join(" ");
  return error instanceof Error ? error.message : "Something unexpected happened.";
}

/** Something could not be done. */
export function notifyError(text: string, error: unknown): void {
  const detail = detailOf(error);
  const id = error instanceof ApiError && error.requestId ? ` Request ${error.requestId}.` : "";
  toast.error(text, { description: detail + id, duration: 10_000 });
}
