import { toast } from "sonner";
import { ApiError, detailOf, isTransient } from "@/api/errors";

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

/**
 * Something could not be done. `retry` does it once more, where that can help. It stays as long as somebody may still
 * choose to.
 */
export function notifyError(text: string, error: unknown, { retry }: { retry?: () => void } = {}): void {
  const id = error instanceof ApiError && error.requestId ? ` Request ${error.requestId}.` : "";
  const again = retry && isTransient(error) ? { action: { label: "Try again", onClick: retry }, duration: 20_000 } : { duration: 10_000 };
  toast.error(text, { description: detailOf(error) + id, ...again });
}
