import { ChevronsUpDown, KeyRound, LogOut, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useSession } from "@/api/session";
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { KeyName } from "./known-keys";
import { useKeyChange } from "./use-key-change";

const AddKey = lazy(() => import("./add-key"));

/** Whose key is in use, and the others of this session. */
export function KeySwitcher({ compact = false }: { compact?: boolean }) {
  const { keys, active } = useSession();
  const { switchTo, signOut } = useKeyChange();
  const [adding, setAdding] = useState(false);
  if (!active) return null;

  const choices = keys.map((known) => ({ value: known.me.key.id, label: <KeyName known={known} /> }));
  const trigger = (
    <button type="button" className={`flex items-center gap-2 rounded-md text-start hover:bg-hover data-[state=open]:bg-hover ${compact ? "p-1.5" : "w-full px-2 py-1.5"}`}>
      <KeyRound aria-hidden size={15} className="shrink-0 text-muted" />
      {compact ? (
        <span className="sr-only">
          {active.me.team.name}, {active.me.key.name}
        </span>
      ) : (
        <>
          <span className="flex min-w-0 flex-1 flex-col">
            <span dir="auto" className="truncate font-medium">
              {active.me.team.name}
            </span>
            <span className="flex gap-1 text-xs text-muted">
              <span dir="auto" className="truncate">
                {active.me.key.name}
              </span>
              <span className="shrink-0">· {active.me.role}</span>
            </span>
          </span>
          <ChevronsUpDown aria-hidden size={14} className="shrink-0 text-muted" />
        </>
      )}
      <span className="sr-only">: switch keys</span>
    </button>
  );
  return (
    <>
      <Menu trigger={trigger} align="start">
        <MenuLabel>Keys of this session</MenuLabel>
        <MenuChoices value={active.me.key.id} onChange={(id) => void switchTo(id)} choices={choices} />
        <MenuLine />
        <MenuItem icon={Plus} onSelect={() => setAdding(true)}>
          Add a key
        </MenuItem>
        <MenuItem icon={LogOut} onSelect={() => void signOut()}>
          Sign out in all tabs, forget all keys
        </MenuItem>
      </Menu>
      <Suspense>{adding && <AddKey onOpenChange={setAdding} />}</Suspense>
    </>
  );
}
