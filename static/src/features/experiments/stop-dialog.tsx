import { type FormEvent, useState } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Checkbox, Field, Input, TextArea } from "@/ui/field";
import { useAction, WITHIN } from "./actions";
import { titleOf } from "./labels";
import type { ArmResult, Experiment } from "./model";
import { actOnExperiment } from "./queries";

/** Ends an experiment: with what is live, or with a winner that may become live. */
export function StopDialog({ experiment, winner, onClose }: { experiment: Experiment; winner: ArmResult | undefined; onClose: () => void }) {
  const [version, setVersion] = useState(winner?.version_id ?? "");
  const [promote, setPromote] = useState(true);
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const { busy, run } = useAction();
  const name = titleOf(experiment);
  const chosen = experiment.variants.find(({ version_id }) => version_id === version);
  const goesLive = chosen !== undefined && promote;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (typed !== name || busy) return;
    const body = { ...(version ? { winner_version_id: version, promote } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}) };
    const said = goesLive ? `v${chosen.version_number ?? "?"} is live in ${experiment.environment}. ${WITHIN}` : `Everybody gets what is live. ${WITHIN}`;
    if (await run(() => actOnExperiment(experiment.id, "stop", body), "The experiment has ended", { description: said, failed: "Stopping failed" })) onClose();
  };
  return (
    <Dialog open onOpenChange={onClose} title="Stop this experiment" description="It cannot go on afterwards. Its results are kept.">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1 text-sm font-medium">Winner</legend>
          <Choice checked={version === ""} onChange={() => setVersion("")}>
            None <span className="text-muted">– keep what is live</span>
          </Choice>
          {experiment.variants.map(({ name: arm, version_id, version_number }) => (
            <Choice key={arm} checked={version_id === version} onChange={() => setVersion(version_id ?? "")}>
              <span dir="auto">{arm}</span> <span className="text-muted">– v{version_number ?? "?"}{winner?.name === arm ? ", better with certainty" : ""}</span>
            </Choice>
          ))}
        </fieldset>
        {version !== "" && <Checkbox checked={promote} onChange={(event) => setPromote(event.target.checked)} label={`Promote v${chosen?.version_number ?? "?"} to ${experiment.environment}: 100 % of its traffic within 5 s`} />}
        <Field label="Reason" optional>
          {(control) => <TextArea {...control} rows={2} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        <Field label={<>Type <code className="rounded bg-sunken px-1 font-mono text-sm">{name}</code> to confirm</>}>
          {(control) => <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy} reason={typed === name ? undefined : "Type the name first."}>
            {goesLive ? `Stop and promote v${chosen.version_number ?? "?"}` : "Stop the experiment"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const Choice = ({ checked, onChange, children }: { checked: boolean; onChange: () => void; children: React.ReactNode }) => (
  <label className="flex items-start gap-2">
    <input type="radio" name="winner" className="mt-1 accent-(--solid)" checked={checked} onChange={onChange} />
    <span>{children}</span>
  </label>
);
