import { Kbd } from "@/ui/badge";
import { Dialog } from "@/ui/dialog";
import { keyName, SHORTCUTS } from "./shortcuts";

/** What `?` shows. */
export function ShortcutList({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard">
      {/* Longer than a small window: the keyboard has to be able to scroll it. */}
      <div tabIndex={0} role="group" aria-label="Shortcuts" className="grid gap-6 sm:grid-cols-2">
        {SHORTCUTS.map(({ where, list }) => (
          <section key={where}>
            <h3 className="mb-2 text-sm font-medium text-muted">{where}</h3>
            <dl className="flex flex-col gap-1.5">
              {list.map(({ keys, does }) => (
                <div key={does} className="flex items-center justify-between gap-4">
                  <dt>{does}</dt>
                  <dd className="flex gap-1">
                    {keys.map((key) => (
                      <Kbd key={key}>{keyName(key)}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
