/** What becomes of everything, of conversations, and of single fields. */
import { useId } from "react";
import type { RedactionMode } from "@/api/types";
import { Field, Select } from "@/ui/field";
import { inheritedMode, type RedactedField, REDACTION_MODES, type RedactionDraft } from "./redaction";

const NAMES: Record<RedactionMode, string> = { off: "Off", mask: "Mask", drop: "Drop" };

interface ChoiceProps {
  legend: string;
  value: RedactionMode;
  onChange: (mode: RedactionMode) => void;
  /** What each mode means here. */
  says: Record<RedactionMode, string>;
}

/** One of the modes, with what they mean. */
export function ModeChoice({ legend, value, onChange, says }: ChoiceProps) {
  const group = useId();
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      {REDACTION_MODES.map((mode) => (
        <label key={mode} className="flex items-start gap-2">
          <input type="radio" name={group} className="mt-1 accent-(--solid)" checked={value === mode} onChange={() => onChange(mode)} />
          <span>
            {NAMES[mode]} <span className="text-muted">– {says[mode]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

const FIELDS: { field: RedactedField; label: string; hint: string }[] = [
  { field: "input", label: "Input", hint: "What users say, in inferences and exports." },
  { field: "output", label: "Output", hint: "What models answer, in inferences and exports." },
  { field: "tools", label: "Tools", hint: "The tools that models called, in inferences." },
  { field: "metadata", label: "Metadata", hint: "What applications add, in inferences." },
  { field: "title", label: "Titles", hint: "Those of conversations, in exports." },
  { field: "user_id", label: "User ids", hint: "Those of conversations, in exports. In inferences, an id that may be personal is always a hash." },
];

interface FieldsProps {
  draft: RedactionDraft;
  onChange: (changes: Partial<RedactionDraft>) => void;
}

/** Fields for which something else may hold than for everything. */
export function FieldModes({ draft, onChange }: FieldsProps) {
  const { fields } = draft;
  return (
    <fieldset className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
      <legend className="mb-2 text-sm font-medium">
        Single fields <span className="font-normal text-muted">where something else holds</span>
      </legend>
      {FIELDS.map(({ field, label, hint }) => (
        <Field key={field} label={label} hint={hint}>
          {(control) => (
            <Select {...control} value={fields[field]} onChange={(event) => onChange({ fields: { ...fields, [field]: event.target.value as RedactionMode | "" } })}>
              <option value="">
                {field === "title" ? "As the input" : "As above"}: {inheritedMode(draft, field)}
              </option>
              <option value="off">Off: kept as it is</option>
              <option value="mask">Mask: with placeholders</option>
              <option value="drop">Drop: not kept at all</option>
            </Select>
          )}
        </Field>
      ))}
    </fieldset>
  );
}
