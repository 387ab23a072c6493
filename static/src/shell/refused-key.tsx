import { currentSession, useSession } from "@/api/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { KeyForm } from "./key-form";
import { KnownKeys } from "./known-keys";
import { useKeyChange } from "./use-key-change";

/** The key has expired or was revoked: another one can take over, and what was typed on the page stays. */
export function RefusedKey() {
  const { refused, active, keys } = useSession();
  const { goOnWith, signOut } = useKeyChange();
  return (
    <Dialog
      open={refused}
      isForced
      onOpenChange={() => undefined}
      title="This key no longer works"
      description={`“${active?.me.key.name ?? ""}” has expired or was revoked. With another key of ${active?.me.team.name ?? "the team"} you go on where you are; nothing on this page is lost.`}
      footer={
        <Button kind="quiet" onClick={() => void signOut()}>
          Sign out instead
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <KnownKeys keys={keys.filter((known) => known !== currentSession().active)} onChoose={(known) => void goOnWith(known)} />
        <KeyForm action="Go on with this key" onKey={goOnWith} />
      </div>
    </Dialog>
  );
}
