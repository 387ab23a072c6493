import { useState } from "react";
import { notify, notifyError } from "@/ui/toast";
import { refreshTrials } from "./queries";

/** Runs changes one at a time: says what was done, or why it was not, and reads everything anew. */
export function useAction(): { busy: boolean; run: (action: () => Promise<unknown>, done: string, options?: { description?: string; undo?: () => void; failed?: string }) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const run: ReturnType<typeof useAction>["run"] = async (action, done, { failed = "That could not be done", ...options } = {}) => {
    setBusy(true);
    try {
      await action();
      notify(done, options);
      return true;
    } catch (error) {
      notifyError(failed, error);
      return false;
    } finally {
      setBusy(false);
      await refreshTrials();
    }
  };
  return { busy, run };
}

/** When a change is felt. */
export const WITHIN = "Everywhere within 5 s.";
