import { Plus, X } from "lucide-react";
import { useState } from "react";
import { usePermission } from "@/api/session";
import type { Environment, Prompt, Version } from "@/api/types";
import { paths } from "@/paths";
import { Button, IconButton } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { EMPTY_EXPERIMENT, type Errors, evenWeights, experimentBody, type ExperimentDraft, type VariantDraft, variantName, weightSum } from "./draft";
import { FieldError, GuardrailFields, TrialForm, UnitInput, VersionSelect } from "./form-parts";
import { roleToChange, STRATEGIES } from "./labels";
import { describeMetric, metricName } from "./metrics";
import { type Metric, METRICS, type Strategy } from "./model";
import { createExperiment } from "./queries";

/** What is live against the newest version that is not. */
function proposal(prompt: Prompt, versions: Version[]): ExperimentDraft {
  const live = prompt.pointers.production?.version_id ?? versions.at(-1)?.version_id ?? "";
  const other = versions.find(({ version_id }) => version_id !== live)?.version_id ?? "";
  const ids = [live, other];
  return { ...EMPTY_EXPERIMENT, variants: EMPTY_EXPERIMENT.variants.map((variant, index) => ({ ...variant, version_id: ids[index] ?? "" })) };
}

export function ExperimentForm({ prompt, versions }: { prompt: Prompt; versions: Version[] }) {
  const [draft, setDraft] = useState(() => proposal(prompt, versions));
  const [errors, setErrors] = useState<Errors>({});
  const { reason } = usePermission(roleToChange(draft.environment));
  const change = (changes: Partial<ExperimentDraft>) => setDraft({ ...draft, ...changes });
  const { body, errors: wrong } = experimentBody(draft);
  return (
    <TrialForm
      what="experiment"
      reason={reason}
      errors={errors}
      create={body ? () => createExperiment(prompt.id, body) : null}
      description="Users take part from now on, everywhere within 5 s."
      onCheck={() => setErrors(wrong ?? {})}
      pageOf={paths.experiment}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" optional hint="What it tries: “Shorter answers”.">
          {(control) => <Input {...control} dir="auto" maxLength={200} value={draft.name} onChange={(event) => change({ name: event.target.value })} />}
        </Field>
        <Field label="Environment" hint={draft.environment === "production" ? "Real users take part." : undefined}>
          {(control) => (
            <Select {...control} value={draft.environment} onChange={(event) => change({ environment: event.target.value as Environment })}>
              <option value="production">production</option>
              <option value="staging">staging</option>
            </Select>
          )}
        </Field>
      </div>
      <Variants prompt={prompt} versions={versions} draft={draft} errors={errors} onChange={(variants) => change({ variants })} />
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 text-sm font-medium">Traffic</legend>
        {(Object.keys(STRATEGIES) as Strategy[]).map((strategy) => (
          <label key={strategy} className="flex items-start gap-2">
            <input type="radio" name="strategy" className="mt-1 accent-(--solid)" checked={draft.strategy === strategy} onChange={() => change({ strategy })} />
            <span>
              {STRATEGIES[strategy].name} <span className="text-muted">– {STRATEGIES[strategy].hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="Primary metric" hint={`Decides. From ${describeMetric(draft.metric).from}.`}>
          {(control) => (
            <Select {...control} value={draft.metric} onChange={(event) => change({ metric: event.target.value as Metric })}>
              {METRICS.map((metric) => (
                <option key={metric} value={metric}>
                  {metricName(metric)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Samples before a verdict" error={errors["samples"]} hint="Per variant: users with a value.">
          {(control) => <Input {...control} inputMode="numeric" value={draft.samples} onChange={(event) => change({ samples: event.target.value })} className="tabular text-end" />}
        </Field>
        <Field label="Users who take part" error={errors["coverage"]} hint="The others get the control.">
          {(control) => <UnitInput {...control} unit="%" value={draft.coverage} onChange={(event) => change({ coverage: event.target.value })} />}
        </Field>
      </div>
      <GuardrailFields guardrails={draft.guardrails} errors={errors} onChange={(guardrails) => change({ guardrails })} effect="When a variant is certainly worse than this, the experiment stops by itself." />
      <Forced draft={draft} errors={errors} onChange={(forced) => change({ forced })} />
    </TrialForm>
  );
}

interface VariantsProps {
  prompt: Prompt;
  versions: Version[];
  draft: ExperimentDraft;
  errors: Errors;
  onChange: (variants: VariantDraft[]) => void;
}

function Variants({ prompt, versions, draft, errors, onChange }: VariantsProps) {
  const { variants } = draft;
  const sum = weightSum(variants);
  const change = (index: number, changes: Partial<VariantDraft>) => onChange(variants.map((variant, at) => (at === index ? { ...variant, ...changes } : variant)));
  const even = (list: VariantDraft[]) => {
    const weights = evenWeights(list.length);
    onChange(list.map((variant, index) => ({ ...variant, weight: weights[index] ?? "0" })));
  };
  const add = () => {
    const used = new Set(variants.map(({ version_id }) => version_id));
    const next = versions.find(({ version_id }) => !used.has(version_id))?.version_id ?? "";
    const name = Array.from({ length: 10 }, (_, index) => variantName(index + 1)).find((free) => !variants.some((variant) => variant.name === free)) ?? "";
    even([...variants, { name, version_id: next, weight: "0" }]);
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">Variants</legend>
      {variants.map((variant, index) => (
        <div key={index} className="flex flex-col gap-1">
          <div className="grid grid-cols-[minmax(0,1fr)_6rem_1.75rem] items-center gap-2 sm:grid-cols-[9rem_minmax(0,1fr)_6rem_1.75rem]">
            <Input aria-label={`Name of variant ${index + 1}`} aria-invalid={errors[`variants.${index}.name`] ? true : undefined} maxLength={100} value={variant.name} onChange={(event) => change(index, { name: event.target.value })} className="max-sm:col-span-3" />
            <VersionSelect aria-label={`Version of variant ${index + 1}`} aria-invalid={errors[`variants.${index}.version`] ? true : undefined} prompt={prompt} versions={versions} value={variant.version_id} onChange={(version_id) => change(index, { version_id })} />
            <UnitInput unit="%" aria-label={`Weight of variant ${index + 1} in percent`} aria-invalid={errors[`variants.${index}.weight`] ? true : undefined} value={variant.weight} onChange={(event) => change(index, { weight: event.target.value })} />
            {index === 0 ? <span /> : variants.length > 2 ? <IconButton label={`Remove variant ${index + 1}`} icon={X} onClick={() => even(variants.filter((_, at) => at !== index))} /> : <span />}
          </div>
          <FieldError>{errors[`variants.${index}.name`] ?? errors[`variants.${index}.version`] ?? errors[`variants.${index}.weight`]}</FieldError>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-2">
        {variants.length < 10 && (
          <Button size="small" icon={Plus} onClick={add}>
            Add a variant
          </Button>
        )}
        <Button size="small" kind="quiet" onClick={() => even(variants)}>
          Split evenly
        </Button>
        <span className={`tabular ms-auto text-sm ${sum === 100 ? "text-muted" : "text-bad"}`} role="status">
          {sum === 100 ? "100 % in all" : `${sum} % in all, not 100 %`}
        </span>
      </div>
      <p className="text-sm text-muted">The first is the control: the others are compared with it.</p>
      <FieldError>{errors["weights"]}</FieldError>
    </fieldset>
  );
}

function Forced({ draft, errors, onChange }: { draft: ExperimentDraft; errors: Errors; onChange: (forced: ExperimentDraft["forced"]) => void }) {
  const { forced, variants } = draft;
  const change = (index: number, changes: Partial<ExperimentDraft["forced"][number]>) => onChange(forced.map((row, at) => (at === index ? { ...row, ...changes } : row)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="text-sm font-medium">
        Users with a fixed variant <span className="font-normal text-muted">optional</span>
      </legend>
      <p className="text-sm text-muted">To try a variant yourself. They are not counted.</p>
      {forced.map(({ user, variant }, index) => (
        <div key={index}>
          <div className="flex items-center gap-2">
            <Input aria-label={`User id ${index + 1}`} placeholder="User id" maxLength={256} value={user} onChange={(event) => change(index, { user: event.target.value })} className="max-w-64 font-mono text-sm" />
            <Select aria-label={`Variant of user ${index + 1}`} value={variant} onChange={(event) => change(index, { variant: event.target.value })} className="w-40!">
              {variants.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
            <IconButton label={`Remove user ${index + 1}`} icon={X} onClick={() => onChange(forced.filter((_, at) => at !== index))} />
          </div>
          <FieldError>{errors[`forced.${index}`]}</FieldError>
        </div>
      ))}
      <Button size="small" icon={Plus} className="self-start" onClick={() => onChange([...forced, { user: "", variant: variants[1]?.name ?? "" }])}>
        Add a user
      </Button>
    </fieldset>
  );
}
