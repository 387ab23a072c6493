import { type FormEvent, useDeferredValue, useMemo, useState } from "react";
import { useEngine } from "@/lib/engine";
import { percent } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { useAction, WITHIN } from "./actions";
import { checkWeights, type Errors, fractionFrom, weightSum } from "./draft";
import { FieldError, UnitInput } from "./form-parts";
import type { Experiment } from "./model";
import { changeExperiment } from "./queries";
import { definitionOf, movedShare, variantFor } from "./weights";

const typed = (share: number): string => String(Math.round(share * 10_000) / 100);

/** Weights and coverage of an experiment that runs. */
export function TrafficDialog({ experiment, onClose }: { experiment: Experiment; onClose: () => void }) {
  const [weights, setWeights] = useState(experiment.variants.map(({ weight }) => typed(weight)));
  const [coverage, setCoverage] = useState(typed(experiment.coverage));
  const [errors, setErrors] = useState<Errors>({});
  const { busy, run } = useAction();
  const drafts = weights.map((weight) => ({ weight }));
  const sum = weightSum(drafts);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const found: Errors = {};
    const values = checkWeights(found, drafts, experiment.allocation_strategy);
    const share = fractionFrom(coverage);
    if (!(share >= 0 && share <= 100)) found["coverage"] = "A number from 0 to 100.";
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    const moved = values.some((value, index) => typed(value / 100) !== typed(experiment.variants[index]?.weight ?? 0));
    const body = {
      coverage: share / 100,
      ...(moved ? { variants: experiment.variants.map(({ name }, index) => ({ name, traffic_weight: values[index] })) } : {}),
    };
    if (await run(() => changeExperiment(experiment.id, body), "Traffic is changed", { description: WITHIN, failed: "Traffic could not be changed" })) onClose();
  };
  return (
    <Dialog open onOpenChange={onClose} title="Traffic" description="Results before and after a change are weighed alike in all variants, so that it skews nothing.">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        {experiment.variants.map(({ name, version_number }, index) => (
          <Field key={name} label={<span dir="auto">{`${name} · v${version_number ?? "?"}`}</span>} error={errors[`variants.${index}.weight`]}>
            {(control) => <UnitInput {...control} unit="%" value={weights[index] ?? ""} onChange={(event) => setWeights(weights.map((weight, at) => (at === index ? event.target.value : weight)))} />}
          </Field>
        ))}
        <p role="status" className={`tabular -mt-2 text-sm ${sum === 100 ? "text-muted" : "text-bad"}`}>
          {sum === 100 ? "100 % in all" : `${sum} % in all, not 100 %`}
        </p>
        <FieldError>{errors["weights"]}</FieldError>
        <Field label="Users who take part" hint="Raising it moves nobody who takes part already." error={errors["coverage"]}>
          {(control) => <UnitInput {...control} unit="%" value={coverage} onChange={(event) => setCoverage(event.target.value)} />}
        </Field>
        <WhoMoves experiment={experiment} weights={weights.map(fractionFrom)} coverage={fractionFrom(coverage)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Change traffic
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What a change would do: how many users get another variant, and which one a user gets. */
function WhoMoves({ experiment, weights, coverage }: { experiment: Experiment; weights: number[]; coverage: number }) {
  const engine = useEngine();
  const [user, setUser] = useState("");
  const later = useDeferredValue(JSON.stringify([...weights, coverage].map((percents) => percents / 100)));
  const [before, after] = useMemo(() => {
    const shares = JSON.parse(later) as (number | null)[];
    const now = definitionOf(experiment, experiment.variants.map(({ weight }) => weight), experiment.coverage);
    // What is not a number yet can assign nobody.
    return [now, shares.includes(null) ? null : definitionOf(experiment, shares.slice(0, -1).map(Number), Number(shares.at(-1)))];
  }, [experiment, later]);
  const moved = useMemo(() => (engine && after ? movedShare(engine, before, after) : null), [engine, before, after]);
  if (!engine || !after || moved === null) return null;
  const [now, then] = user.trim() === "" ? [null, null] : [variantFor(engine, before, user.trim()), variantFor(engine, after, user.trim())];
  return (
    <Field
      label="A user"
      optional
      hint={
        <>
          {now !== null && then !== null && (
            <span role="status" className="block text-ink">
              {now === then ? <>Gets <bdi>{now}</bdi>, before and after.</> : <>Gets <bdi>{now}</bdi> now, <bdi>{then}</bdi> afterwards.</>}
            </span>
          )}
          {moved === 0 ? "Nobody gets another variant." : `About ${percent(moved, 0)} of users get another variant.`}
        </>
      }
    >
      {(control) => <Input {...control} maxLength={256} placeholder="User id" value={user} onChange={(event) => setUser(event.target.value)} className="font-mono text-sm" />}
    </Field>
  );
}
