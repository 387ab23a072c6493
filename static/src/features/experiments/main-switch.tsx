import { useQuery } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { useState } from "react";
import { usePermission, useSession } from "@/api/session";
import { Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { ConfirmByName } from "@/ui/dialog";
import { RelativeTime } from "@/ui/time";
import { useAction, WITHIN } from "./actions";
import { mainSwitchQuery, turnMainSwitch } from "./queries";

/** Everything of the team to control, at once. */
export function MainSwitch() {
  const off = useQuery(mainSwitchQuery()).data?.killed === true;
  const [open, setOpen] = useState(false);
  const { busy, run } = useAction();
  const { reason } = usePermission("publisher");
  const team = useSession().active?.me.team.name ?? "";
  if (off) return null;
  const kill = async () => {
    const done = await run(() => turnMainSwitch("kill-all"), "Everybody gets the control", { description: `All experiments and canaries of ${team} are off. ${WITHIN}`, failed: "That could not be switched" });
    if (done) setOpen(false);
  };
  return (
    <>
      <Button icon={OctagonX} reason={reason} onClick={() => setOpen(true)}>
        Switch all off
      </Button>
      <ConfirmByName
        open={open}
        onOpenChange={setOpen}
        title="Switch all experiments off?"
        description={`Every experiment and canary of the team, in every environment, gives everybody its control within 5 s, until somebody switches them on again. Nobody's answers are counted meanwhile.`}
        name={team}
        action="Switch all off"
        busy={busy}
        onConfirm={() => void kill()}
      />
    </>
  );
}

/** Says that the switch is off, wherever experiments are looked at. */
export function MainSwitchNotice() {
  const state = useQuery(mainSwitchQuery()).data;
  const { busy, run } = useAction();
  const { reason } = usePermission("publisher");
  if (!state?.killed) return null;
  const resume = () => run(() => turnMainSwitch("resume-all"), "Experiments are on again", { description: WITHIN, failed: "That could not be switched" });
  return (
    <div className="mb-4">
      <Notice
        tone="bad"
        action={
          <Button size="small" reason={reason} busy={busy} onClick={() => void resume()}>
            Switch experiments on again
          </Button>
        }
      >
        All experiments are switched off: every experiment and canary gives everybody its control.
        {state.changed_at && (
          <>
            {" "}
            Switched off <RelativeTime time={state.changed_at} />
            {state.reason && <>: {state.reason}</>}.
          </>
        )}
      </Notice>
    </div>
  );
}
