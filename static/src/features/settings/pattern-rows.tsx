import { Plus, X } from "lucide-react";
import { Button, IconButton } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { addRow, MOST_PATTERNS, type PatternRow, type RedactionDraft } from "./redaction";

type ErrorOf = (id: number, part: "name" | "pattern") => string | undefined;

interface RowsProps {
  draft: RedactionDraft;
  onChange: (changes: Partial<RedactionDraft>) => void;
  /** What is wrong with the patterns as a whole. */
  error: string | undefined;
  errorOf: ErrorOf;
}

/** What is personal in this team's texts, beyond what is for everybody. */
export function PatternRows({ draft, onChange, error, errorOf }: RowsProps) {
  const { rows } = draft;
  return (
    <Section title="Your own patterns">
      <div className="mb-4 flex max-w-prose flex-col gap-2 text-pretty text-muted">
        <p>
          What else is personal in your texts. Where texts are masked, what a regular expression matches becomes its name in brackets, as <code className="font-mono text-sm">[ticket]</code>.
        </p>
        <p className="text-sm">
          Names have at most 40 of a–z, 0–9 and _. Expressions have at most 500 characters, know neither look-around nor back-references, and never match an empty text.
        </p>
      </div>
      <div className="flex flex-col gap-4 max-sm:gap-6">
        {rows.map((row, index) => (
          <PatternFields key={row.id} row={row} number={index + 1} errorOf={errorOf} onChange={(changed) => onChange({ rows: rows.map((each) => (each.id === row.id ? changed : each)) })} onRemove={() => onChange({ rows: rows.filter(({ id }) => id !== row.id) })} />
        ))}
        {error && (
          <p role="alert" className="text-sm text-bad">
            {error}
          </p>
        )}
        <Button size="small" icon={Plus} className="self-start" reason={rows.length >= MOST_PATTERNS ? `${MOST_PATTERNS} patterns are the most.` : undefined} onClick={() => onChange(addRow(draft))}>
          Add a pattern
        </Button>
      </div>
    </Section>
  );
}

interface FieldsProps {
  row: PatternRow;
  /** Its place, from 1. */
  number: number;
  errorOf: ErrorOf;
  onChange: (row: PatternRow) => void;
  onRemove: () => void;
}

function PatternFields({ row, number, errorOf, onChange, onRemove }: FieldsProps) {
  const { id, name, pattern } = row;
  const which = <span className="sr-only"> of pattern {number}</span>;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_1.75rem] gap-x-2 gap-y-2 sm:grid-cols-[12rem_minmax(0,1fr)_1.75rem]">
      <Field label={<>Name{which}</>} error={errorOf(id, "name")}>
        {/* Only a row that was just added has nothing in it when it comes. */}
        {(control) => <Input {...control} value={name} onChange={(event) => onChange({ ...row, name: event.target.value })} autoFocus={name === "" && pattern === ""} autoCapitalize="none" placeholder="ticket" className="font-mono" />}
      </Field>
      <Field label={<>Regular expression{which}</>} error={errorOf(id, "pattern")} className="max-sm:col-span-2 max-sm:row-start-2">
        {(control) => <Input {...control} value={pattern} onChange={(event) => onChange({ ...row, pattern: event.target.value })} autoCapitalize="none" placeholder="T-[0-9]{6}" className="font-mono" />}
      </Field>
      {/* Beside the fields, below their labels. */}
      <IconButton label={`Remove pattern ${number}`} icon={X} onClick={onRemove} className="mt-6.5" />
    </div>
  );
}
