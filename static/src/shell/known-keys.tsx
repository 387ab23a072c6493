import { KeyRound } from "lucide-react";
import type { KeyInUse } from "@/api/session";

/** What a key is called, and below it whose it is and what it may. */
export const KeyName = ({ known: { me } }: { known: KeyInUse }) => (
  <span className="flex min-w-0 flex-1 flex-col">
    <span dir="auto" className="truncate">
      {me.key.name}
    </span>
    <span dir="auto" className="truncate text-xs text-muted">
      {me.team.name} · {me.role}
    </span>
  </span>
);

/** Keys that this page has, to go on with. Nothing where there are none. */
export function KnownKeys({ keys, onChoose }: { keys: readonly KeyInUse[]; onChoose: (known: KeyInUse) => void }) {
  if (keys.length === 0) return null;
  return (
    <section aria-label="Keys of this session" className="flex flex-col gap-1.5">
      <p className="text-sm font-medium">Go on with a key of this session</p>
      {keys.map((known) => (
        <button key={known.me.key.id} type="button" onClick={() => onChoose(known)} className="flex items-center gap-2.5 rounded-md border border-line bg-surface px-3 py-1.5 text-start hover:bg-hover">
          <KeyRound aria-hidden size={15} className="shrink-0 text-muted" />
          <KeyName known={known} />
        </button>
      ))}
    </section>
  );
}
