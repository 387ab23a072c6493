import { ChevronsUpDown, KeyRound, LogOut, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useNavigate } from "react-router";
import { queryClient } from "@/api/query-client";
import { forgetKeys, switchKey, useSession } from "@/api/session";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";

const AddKey = lazy(() => import("./add-key"));

/** Another key sees another team: nothing of the former one may stay. */
function startAnew(): void {
  void queryClient.cancelQueries();
  queryClient.clear();
}

/** Whose key is in use, and the others of this session. */
export function KeySwitcher({ compact = false }: { compact?: boolean }) {
  const { keys, active } = useSession();
  const [adding, setAdding] = useState(false);
  const navigate = useNavigate();
  if (!active) return null;

  const change = (id: string) => {
    switchKey(id);
    startAnew();
    void navigate(paths.prompts());
  };
  const signOut = () => {
    forgetKeys();
    startAnew();
    void navigate(paths.signIn());
  };
  const added = () => {
    setAdding(false);
    startAnew();
    void navigate(paths.prompts());
  };

  const choices = keys.map(({ me }) => ({
    value: me.key.id,
    label: (
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate">{me.key.name}</span>
        <span className="truncate text-xs text-muted">
          {me.team.name} · {me.role}
        </span>
      </span>
    ),
  }));
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
            <span className="truncate font-medium">{active.me.team.name}</span>
            <span className="truncate text-xs text-muted">{active.me.key.name}</span>
          </span>
          <Badge>{active.me.role}</Badge>
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
        <MenuChoices value={active.me.key.id} onChange={change} choices={choices} />
        <MenuLine />
        <MenuItem icon={Plus} onSelect={() => setAdding(true)}>
          Add a key
        </MenuItem>
        <MenuItem icon={LogOut} onSelect={signOut}>
          Sign out, forget all keys
        </MenuItem>
      </Menu>
      <Suspense>{adding && <AddKey onOpenChange={setAdding} onDone={added} />}</Suspense>
    </>
  );
}
