import { Download, OctagonX, Pause, Play, SlidersHorizontal, Square } from "lucide-react";
import { useState } from "react";
import { apiPath } from "@/api/client";
import { usePermission } from "@/api/session";
import { saveAnswer } from "@/lib/download";
import { Button, IconButton } from "@/ui/button";
import { ConfirmByName } from "@/ui/dialog";
import { notifyError } from "@/ui/toast";
import { useAction, WITHIN } from "./actions";
import { roleToChange, titleOf } from "./labels";
import type { ArmResult, Experiment } from "./model";
import { actOnExperiment } from "./queries";
import { StopDialog } from "./stop-dialog";
import { TrafficDialog } from "./traffic-dialog";

/** The switches of an experiment. They stay on the screen however far one scrolls. */
export function ControlBar({ experiment, winner }: { experiment: Experiment; winner: ArmResult | undefined }) {
  const [open, setOpen] = useState<"kill" | "stop" | "traffic" | null>(null);
  const { busy, run } = useAction();
  const { reason } = usePermission(roleToChange(experiment.environment));
  const { id, status } = experiment;
  const close = () => setOpen(null);
  const pause = () => run(() => actOnExperiment(id, "pause"), "The experiment is paused", { description: `Everybody gets the control. ${WITHIN}`, undo: () => void resume(), failed: "Pausing failed" });
  const resume = () => run(() => actOnExperiment(id, "resume"), "The experiment goes on", { description: WITHIN, failed: "Resuming failed" });
  const kill = async () => {
    const done = await run(() => actOnExperiment(id, "kill"), "The experiment is killed", { description: `Everybody gets the control. ${WITHIN}`, failed: "Killing failed" });
    if (done) close();
  };
  const save = () => void saveAnswer(`experiment-${id}.csv`, apiPath`/api/export/experiments/${id}.csv?bom=true`).catch((error: unknown) => notifyError("The file could not be made", error));
  const ended = status === "stopped";
  return (
    <div role="toolbar" aria-label="Switches of the experiment" className="sticky top-(--top) z-20 -mx-4 mb-5 flex flex-wrap items-center gap-2 border-b border-line bg-ground/95 px-4 py-2 md:-mx-8 md:px-8">
      {!ended && (
        <>
          {status === "active" && (
            <Button size="small" icon={Pause} busy={busy} reason={reason} onClick={() => void pause()}>
              Pause
            </Button>
          )}
          {(status === "paused" || status === "killed") && (
            <Button size="small" icon={Play} busy={busy} reason={reason} onClick={() => void resume()}>
              Resume
            </Button>
          )}
          <Button size="small" icon={SlidersHorizontal} reason={reason} onClick={() => setOpen("traffic")}>
            Traffic
          </Button>
          <Button size="small" kind={winner ? "primary" : "secondary"} icon={Square} reason={reason} onClick={() => setOpen("stop")}>
            Stop{winner && <span className="max-sm:sr-only"> with winner</span>}
          </Button>
        </>
      )}
      <IconButton label="Results as CSV" icon={Download} onClick={save} />
      {!ended && status !== "killed" && (
        <Button size="small" kind="danger" icon={OctagonX} reason={reason} onClick={() => setOpen("kill")} className="ms-auto">
          Kill
        </Button>
      )}
      <ConfirmByName
        open={open === "kill"}
        onOpenChange={close}
        title="Kill this experiment?"
        description="Everybody gets the control within 5 s, whatever they got before, and nobody is counted. What was counted is kept. It can be resumed later."
        name={titleOf(experiment)}
        action="Kill the experiment"
        busy={busy}
        onConfirm={() => void kill()}
      />
      {open === "stop" && <StopDialog experiment={experiment} winner={winner} onClose={close} />}
      {open === "traffic" && <TrafficDialog experiment={experiment} onClose={close} />}
    </div>
  );
}
