import { Plus, X } from "lucide-react";
import { useState } from "react";
import { usePermission } from "@/api/session";
import type { Environment, Prompt, Version } from "@/api/types";
import { paths } from "@/paths";
import { Button, IconButton } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { canaryBody, type CanaryDraft, EMPTY_CANARY, type Errors, type StepDraft } from "./draft";
import { FieldError, GuardrailFields, TrialForm, UnitInput, VersionSelect } from "./form-parts";
import { roleToChange } from "./labels";
import { createCanary } from "./queries";

export function CanaryForm({ prompt, versions }: { prompt: Prompt; versions: Version[] }) {
  const newest = versions.find(({ version_id }) => version_id !== prompt.pointers.production?.version_id)?.version_id ?? "";
  const [draft, setDraft] = useState<CanaryDraft>({ ...EMPTY_CANARY, version_id: newest });
  const [errors, setErrors] = useState<Errors>({});
  const { reason } = usePermission(roleToChange(draft.environment));
  const change = (changes: Partial<CanaryDraft>) => setDraft({ ...draft, ...changes });
  const live = prompt.pointers[draft.environment];
  const { body, errors: wrong } = canaryBody(draft);
  return (
    <TrialForm
      what="canary"
      reason={reason}
      errors={errors}
      create={body ? () => createCanary(prompt.id, body) : null}
      description={`${draft.steps[0]?.percent ?? ""} % of users get the version within 5 s.`}
      onCheck={() => setErrors(wrong ?? {})}
      pageOf={paths.canary}
    >
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="Version that takes over" error={errors["version"]}>
          {(control) => <VersionSelect {...control} prompt={prompt} versions={versions} value={draft.version_id} onChange={(version_id) => change({ version_id })} />}
        </Field>
        <Field label="Environment" hint={live ? `Compared with what is live there: v${live.version_number}.` : "Nothing is live there."}>
          {(control) => (
            <Select {...control} value={draft.environment} onChange={(event) => change({ environment: event.target.value as Environment })}>
              <option value="production">production</option>
              <option value="staging">staging</option>
            </Select>
          )}
        </Field>
        <Field label="Name" optional>
          {(control) => <Input {...control} dir="auto" maxLength={200} value={draft.name} onChange={(event) => change({ name: event.target.value })} />}
        </Field>
      </div>
      <Steps steps={draft.steps} errors={errors} onChange={(steps) => change({ steps })} />
      <GuardrailFields guardrails={draft.guardrails} errors={errors} onChange={(guardrails) => change({ guardrails })} effect="When the version is certainly worse than this, everybody gets the old one within a minute." />
    </TrialForm>
  );
}

function Steps({ steps, errors, onChange }: { steps: StepDraft[]; errors: Errors; onChange: (steps: StepDraft[]) => void }) {
  const change = (index: number, changes: Partial<StepDraft>) => onChange(steps.map((step, at) => (at === index ? { ...step, ...changes } : step)));
  const grid = "grid grid-cols-[1.5rem_repeat(3,minmax(0,8rem))_1.75rem] items-center gap-2";
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">Steps</legend>
      <div aria-hidden className={`${grid} text-end text-sm text-muted`}>
        <span />
        <span>Users</span>
        <span>Samples at least</span>
        <span>Minutes at least</span>
      </div>
      {steps.map((step, index) => (
        <div key={index} className="flex flex-col gap-1">
          <div className={grid}>
            <span className="tabular text-sm text-muted">{index + 1}.</span>
            <UnitInput unit="%" aria-label={`Percent of step ${index + 1}`} aria-invalid={errors[`steps.${index}.percent`] ? true : undefined} value={step.percent} onChange={(event) => change(index, { percent: event.target.value })} />
            <Input inputMode="numeric" aria-label={`Samples of step ${index + 1}`} aria-invalid={errors[`steps.${index}.samples`] ? true : undefined} value={step.samples} onChange={(event) => change(index, { samples: event.target.value })} className="tabular text-end" />
            <Input inputMode="numeric" aria-label={`Minutes of step ${index + 1}`} aria-invalid={errors[`steps.${index}.minutes`] ? true : undefined} value={step.minutes} onChange={(event) => change(index, { minutes: event.target.value })} className="tabular text-end" />
            {steps.length > 1 ? <IconButton label={`Remove step ${index + 1}`} icon={X} onClick={() => onChange(steps.filter((_, at) => at !== index))} /> : <span />}
          </div>
          <FieldError>{errors[`steps.${index}.percent`] ?? errors[`steps.${index}.samples`] ?? errors[`steps.${index}.minutes`]}</FieldError>
        </div>
      ))}
      <Button size="small" icon={Plus} className="self-start" onClick={() => onChange([...steps, { percent: "100", samples: "0", minutes: "60" }])}>
        Add a step
      </Button>
      <p className="text-sm text-muted">After the last step the version goes live for everybody, by itself.</p>
    </fieldset>
  );
}
