import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { forgetKeys, useSession } from "@/api/session";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { KeyForm } from "./key-form";

/** The key has expired or was revoked: another one can take over, and what was typed on the page stays. */
export function RefusedKey() {
  const { refused, active } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const leave = () => {
    forgetKeys();
    queries.clear();
    void navigate(paths.signIn());
  };
  return (
    <Dialog
      open={refused}
      onOpenChange={() => undefined}
      title="This key no longer works"
      description={`“${active?.me.key.name ?? ""}” has expired or was revoked. Paste another one to go on; nothing on this page is lost.`}
      footer={<Button kind="quiet" onClick={leave}>Sign out instead</Button>}
    >
      <KeyForm action="Go on with this key" onDone={() => void queries.invalidateQueries()} />
    </Dialog>
  );
}
