import { useDeferredValue, useMemo, useState } from "react";
import { useFormContext, useWatch } from "react-hook-form";
import { type Engine, useEngineQuery } from "@/lib/engine";
import { count, usd } from "@/lib/format";
import { Badge, Notice } from "@/ui/badge";
import { Input } from "@/ui/field";
import { ErrorState, Skeleton } from "@/ui/states";
import type { Draft } from "./content";
import { sentBy, unreadIn, type Values, variablesOf } from "./estimate";

/** Beside the editor: the variables as they are written, what the prompt becomes with values, and what it costs. */
export function Preview() {
  const { control } = useFormContext<Draft>();
  const draft = useDeferredValue(useWatch({ control })) as Draft;
  const engine = useEngineQuery();
  const [values, setValues] = useState<Values>({});
  return (
    <aside aria-label="Preview" className="flex min-w-0 flex-col gap-5 lg:sticky lg:top-4 lg:max-h-[calc(100dvh-2rem)] lg:overflow-y-auto lg:self-start">
      {engine.data && <Rendered engine={engine.data} draft={draft} values={values} onValues={setValues} />}
      {engine.isPending && <Skeleton className="h-48 w-full" />}
      {engine.isError && <ErrorState error={new Error("Editing and saving work without it.")} title="The preview could not be loaded" onRetry={() => void engine.refetch()} />}
    </aside>
  );
}

function Rendered({ engine, draft, values, onValues }: { engine: Engine; draft: Draft; values: Values; onValues: (values: Values) => void }) {
  const names = useMemo(() => variablesOf(engine, draft), [engine, draft]);
  const unread = useMemo(() => unreadIn(engine, draft), [engine, draft]);
  const { messages, missing, tokens } = useMemo(() => sentBy(engine, draft, values), [engine, draft, values]);
  return (
    <>
      <section aria-label="Size" className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="tabular text-lg font-semibold" data-tokens={tokens.tokens}>
          {tokens.exact ? "" : "≈ "}
          {count(tokens.tokens)} <span className="text-base font-normal text-muted">tokens in</span>
        </span>
        {tokens.input_cost_usd !== null && <span className="tabular text-muted">{usd(tokens.input_cost_usd * 1000)} per 1,000 calls</span>}
        {!tokens.exact && <span className="text-sm text-muted">an estimate for this model</span>}
      </section>
      <section aria-label="Variables" className="flex flex-col gap-2">
        <h2 className="text-sm font-medium">Variables</h2>
        {names.length === 0 && <p className="text-sm text-muted">None yet.</p>}
        {names.map((name) => (
          <label key={name} className="grid grid-cols-[minmax(6rem,auto)_1fr] items-center gap-2">
            <span className="truncate font-mono text-sm">{name}</span>
            <Input dir="auto" value={values[name] ?? ""} onChange={(event) => onValues({ ...values, [name]: event.target.value })} placeholder="a value for the preview" />
          </label>
        ))}
      </section>
      {unread.length > 0 && (
        <Notice tone="warn">
          {unread.slice(0, 4).map((text, index) => (
            <span key={text}>
              {index > 0 && ", "}
              <code dir="ltr" className="font-mono text-sm wrap-anywhere">
                {text}
              </code>
            </span>
          ))}
          {unread.length > 4 && ` and ${unread.length - 4} more`} {unread.length === 1 ? "stays as it is" : "stay as they are"} written: a template has variables alone, no blocks, conditions or filters, and their names are made of A–Z, a–z, 0–9, _, . and -. Decide in your code, and pass the result as a value.
        </Notice>
      )}
      <section aria-label="Rendered" className="flex min-w-0 flex-col gap-2">
        <h2 className="flex items-center gap-2 text-sm font-medium">
          What the model gets {missing.length > 0 && <Badge tone="warn">{missing.length === 1 ? "1 value is missing" : `${missing.length} values are missing`}</Badge>}
        </h2>
        {messages.map(({ role, content }, index) => (
          <div key={index} className="rounded-lg bg-sunken p-3">
            <div className="mb-1 text-xs font-medium text-muted">{role}</div>
            <div dir="auto" tabIndex={0} role="region" aria-label={`Rendered ${role}, message ${index + 1}`} className="max-h-72 overflow-y-auto font-mono text-sm break-words whitespace-pre-wrap">
              {content || <span className="text-muted">Nothing yet.</span>}
            </div>
          </div>
        ))}
        <p className="text-sm text-muted">Then what a user says. Resolving gives your code the parts as they are.</p>
      </section>
    </>
  );
}
