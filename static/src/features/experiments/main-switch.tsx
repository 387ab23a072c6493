import { useInfiniteQuery } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { useState } from "react";
import { usePermission, useSession } from "@/api/session";
import { Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { ConfirmByName } from "@/ui/dialog";
import { useAction, WITHIN } from "./actions";
import { canariesQuery, experimentsQuery, turnMainSwitch } from "./queries";

/** The switch's place, as every experiment and canary tells it: without any it matters to nobody. */
function useMainSwitch(): boolean {
  const experiments = useInfiniteQuery(experimentsQuery({ status: "", prompt: "" }));
  const canaries = useInfiniteQuery(canariesQuery({ status: "", prompt: "" }));
  return (experiments.data?.pages[0]?.data[0]?.all_killed ?? canaries.data?.pages[0]?.data[0]?.all_killed) === true;
}

/** Everything of the team to control, at once. */
export function MainSwitch() {
  const off = useMainSwitch();
  const [open, setOpen] = useState(false);
  const { busy, run } = useAction();
  const { reason } = usePermission("publisher");
  const team = useSession().active?.me.team.name ?? "";
  if (off) return null;
  const kill = async () => {
    const done = await run(() => turnMainSwitch("kill-all"), "Everybody gets the control", { description: `All experiments and canaries of ${team} are off. ${WITHIN}`, failed: "The switch could not be turned" });
    if (done) setOpen(false);
  };
  return (
    <>
      <Button icon={OctagonX} reason={reason} onClick={() => setOpen(true)}>
        All to control
      </Button>
      <ConfirmByName
        open={open}
        onOpenChange={setOpen}
        title="All experiments to control?"
        description={`Every experiment and canary of the team, in every environment, gives everybody its control within 5 s, until somebody turns them on again. Nobody's answers are counted meanwhile.`}
        name={team}
        action="All to control"
        busy={busy}
        onConfirm={() => void kill()}
      />
    </>
  );
}

/** Says that the switch is off, wherever experiments are looked at. */
export function MainSwitchNotice() {
  const off = useMainSwitch();
  const { busy, run } = useAction();
  const { reason } = usePermission("publisher");
  if (!off) return null;
  const resume = () => run(() => turnMainSwitch("resume-all"), "Experiments are on again", { description: WITHIN, failed: "The switch could not be turned" });
  return (
    <div className="mb-4">
      <Notice
        tone="bad"
        action={
          <Button size="small" reason={reason} busy={busy} onClick={() => void resume()}>
            Turn experiments on again
          </Button>
        }
      >
        The team's main switch is off: every experiment and canary gives everybody its control.
      </Notice>
    </div>
  );
}
