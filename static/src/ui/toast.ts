import { toast } from "sonner";
import { ApiError } from "@/api/errors";

/** Something was done. With `undo`, for eight seconds a way back. */
export function notify(text: string, options: { description?: string; undo?: () => void } = {}): void {
  const { description, undo } = options;
  toast(text, {
    ...(description ? { description } : {}),
    ...(undo ? { action: { label: "Undo", onClick: undo }, duration: 8000 } : {}),
  });
}

/** Something could not be done. */
export function notifyError(text: string, error: unknown): void {
  const detail = error instanceof Error ? error.message : "Something unexpected happened.";
  const id = error instanceof ApiError && error.requestId ? ` Request ${error.requestId}.` : "";
  toast.error(text, { description: detail + id, duration: 10_000 });
}
