import { useState } from "react";
import type { TeamSettings } from "@/api/types";
import { draftFrom, isChanged, type RedactionDraft } from "./redaction";

interface Editing {
  draft: RedactionDraft;
  change: (changes: Partial<RedactionDraft>) => void;
  /** Whether the draft holds what is not saved. */
  isDirty: boolean;
  /** Somebody else saved something meanwhile, which the draft does not know. */
  isBehind: boolean;
  /** Whether what is stored now is what the draft began with. */
  beganWith: (now: TeamSettings) => boolean;
  /** Throws the draft away for what is stored. */
  startOver: () => void;
  /** Takes what the server made of the draft as what it began with. */
  onSaved: (saved: TeamSettings) => void;
}

/** A draft of settings that may be read anew while it is edited. As long as nothing is changed, it follows them. */
export function useRedactionDraft(stored: TeamSettings): Editing {
  const [seen, setSeen] = useState(stored);
  const [base, setBase] = useState(stored);
  const [draft, setDraft] = useState(() => draftFrom(stored));
  const startOver = () => {
    setBase(stored);
    setDraft(draftFrom(stored));
  };
  const isDirty = isChanged(draft, base);
  if (stored !== seen) {
    setSeen(stored);
    if (!isDirty) startOver();
  }
  return {
    draft,
    change: (changes) => setDraft((before) => ({ ...before, ...changes })),
    isDirty,
    isBehind: isDirty && isChanged(draftFrom(base), stored),
    beganWith: (now) => !isChanged(draftFrom(base), now),
    startOver,
    onSaved: setBase,
  };
}
