/** Parts that the forms for experiments and canaries share. */
import { Plus, X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { useNavigate } from "react-router";
import type { Pointer, Prompt, Version } from "@/api/types";
import { KeepDraft } from "@/shell/keep-draft";
import { keyName, useShortcuts } from "@/shell/shortcuts";
import { Button, IconButton } from "@/ui/button";
import { Input, Select } from "@/ui/field";
import { useAction } from "./actions";
import type { Errors, GuardrailDraft } from "./draft";
import { metricName } from "./metrics";
import { type Metric, METRICS } from "./model";

const lives = (pointer: Pointer | null, version: Version) => pointer?.version_id === version.version_id;

/** Versions by number, with where they are live and what was said of them. */
export function VersionSelect({ prompt, versions, value, onChange, ...rest }: { prompt: Prompt; versions: Version[]; value: string; onChange: (id: string) => void; "aria-label"?: string; id?: string; "aria-invalid"?: boolean | undefined; "aria-describedby"?: string | undefined }) {
  const live = (version: Version) => [lives(prompt.pointers.production, version) && "production", lives(prompt.pointers.staging, version) && "staging"].filter(Boolean).join(", ");
  return (
    <Select {...rest} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">Choose a version</option>
      {versions.map((version) => (
        <option key={version.version_id} value={version.version_id}>
          {[`v${version.version_number}`, live(version), version.commit_message].filter(Boolean).join(" · ")}
        </option>
      ))}
    </Select>
  );
}

/** A number with its unit inside the field. */
export function UnitInput({ unit, className = "", ...rest }: React.ComponentProps<typeof Input> & { unit: string }) {
  return (
    <div className={`relative ${className}`}>
      <Input inputMode="decimal" {...rest} className="tabular pe-9 text-end" />
      <span aria-hidden className="pointer-events-none absolute end-2.5 top-1.5 text-sm text-muted">
        {unit}
      </span>
    </div>
  );
}

export const FieldError = ({ children }: { children: string | undefined }) =>
  children ? (
    <p role="alert" className="text-sm text-bad">
      {children}
    </p>
  ) : null;

/** Metrics and how much worse than the control they may be. */
export function GuardrailFields({ guardrails, errors, onChange, effect }: { guardrails: GuardrailDraft[]; errors: Errors; onChange: (guardrails: GuardrailDraft[]) => void; effect: string }) {
  const change = (index: number, changes: Partial<GuardrailDraft>) => onChange(guardrails.map((guardrail, at) => (at === index ? { ...guardrail, ...changes } : guardrail)));
  const free = METRICS.find((metric) => !guardrails.some((guardrail) => guardrail.metric === metric));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="text-sm font-medium">
        Guardrails <span className="font-normal text-muted">optional</span>
      </legend>
      <p className="text-sm text-muted">{effect}</p>
      {guardrails.map(({ metric, regression }, index) => (
        <div key={index}>
          <div className="flex flex-wrap items-center gap-2 text-muted">
            <Select aria-label={`Metric of guardrail ${index + 1}`} value={metric} onChange={(event) => change(index, { metric: event.target.value as Metric })} className="w-36!">
              {METRICS.map((each) => (
                <option key={each} value={each}>
                  {metricName(each)}
                </option>
              ))}
            </Select>
            at most
            <UnitInput unit="%" aria-label={`Allowed regression of guardrail ${index + 1} in percent`} aria-invalid={errors[`guardrails.${index}`] ? true : undefined} value={regression} onChange={(event) => change(index, { regression: event.target.value })} className="w-24" />
            worse
            <IconButton label={`Remove guardrail ${index + 1}`} icon={X} onClick={() => onChange(guardrails.filter((_, at) => at !== index))} />
          </div>
          <FieldError>{errors[`guardrails.${index}`]}</FieldError>
        </div>
      ))}
      {free && (
        <Button size="small" icon={Plus} className="self-start" onClick={() => onChange([...guardrails, { metric: free, regression: "10" }])}>
          Add a guardrail
        </Button>
      )}
    </fieldset>
  );
}

interface TrialFormProps {
  /** "experiment" or "canary". */
  what: string;
  reason: string | undefined;
  errors: Errors;
  /** Makes it, if nothing is wrong with what was entered. */
  create: (() => Promise<{ id: string }>) | null;
  /** What is felt once it runs. */
  description: string;
  /** Shows what is wrong. */
  onCheck: () => void;
  pageOf: (id: string) => string;
  children: ReactNode;
}

/** The form around the fields: the button or ⌘↵ starts it and goes to its page. */
export function TrialForm({ what, reason, errors, create, description, onCheck, pageOf, children }: TrialFormProps) {
  const navigate = useNavigate();
  const { busy, run } = useAction();
  const changed = useRef(false);
  const submit = async () => {
    if (busy || reason) return;
    onCheck();
    if (!create) return;
    let id = "";
    const start = async () => {
      ({ id } = await create());
    };
    if (!(await run(start, `The ${what} is running`, { description, failed: `The ${what} could not be started` }))) return;
    changed.current = false;
    await navigate(pageOf(id));
  };
  useShortcuts({ "mod+enter": () => void submit() });
  return (
    <form
      noValidate
      className="flex flex-col gap-6"
      onChange={() => (changed.current = true)}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {children}
      <div className="flex items-center gap-3">
        <Button type="submit" kind="primary" busy={busy} reason={reason}>
          Start the {what} <kbd className="text-xs opacity-80">{keyName("⌘")}↵</kbd>
        </Button>
        {Object.keys(errors).length > 0 && (
          <span role="alert" className="text-sm text-bad">
            Something is not right yet: see above.
          </span>
        )}
      </div>
      <KeepDraft isDirty={() => changed.current} />
    </form>
  );
}
