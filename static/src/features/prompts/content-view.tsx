import type { ReactNode } from "react";
import type { Version } from "@/api/types";
import { CodeBlock, CopyButton } from "@/ui/copy";
import { usd } from "@/lib/format";
import { useTokens } from "./estimate";
import { draftFrom } from "./content";
import { TemplateText } from "./template-text";

/** One text of a version: whose it is, and a button to copy it. */
function TextBlock({ title, text }: { title: string; text: string }) {
  return (
    <section aria-label={title} className="card">
      <header className="flex items-center justify-between border-b border-line py-1 ps-3 pe-1.5">
        <h3 className="text-sm font-medium">{title}</h3>
        <CopyButton text={text} label={`Copy ${title.toLowerCase()}`} />
      </header>
      <div tabIndex={0} role="region" aria-label={`Text of ${title}`} dir="auto" className="max-h-[32rem] overflow-auto p-3 font-mono text-sm break-words whitespace-pre-wrap">
        <TemplateText text={text} />
      </div>
    </section>
  );
}

const Chip = ({ children }: { children: ReactNode }) => <li className="rounded bg-accent-ground px-1.5 font-mono text-sm text-accent">{children}</li>;

/** What a version says to the model. */
export function ContentView({ version }: { version: Version }) {
  const tokens = useTokens(draftFrom(version));
  return (
    <div className="flex flex-col gap-4">
      {version.system_prompt && <TextBlock title="System prompt" text={version.system_prompt} />}
      {version.template_text !== null && <TextBlock title="Prompt" text={version.template_text} />}
      {version.messages?.map(({ role, content }, index) => (
        <TextBlock key={index} title={`${index + 1} · ${role}`} text={content} />
      ))}
      {version.few_shot_examples.map(({ input, output }, index) => (
        <TextBlock key={index} title={`Example ${index + 1}`} text={`user: ${input}\nassistant: ${output}`} />
      ))}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        <dt className="text-muted">Variables</dt>
        <dd>{version.variables.length === 0 ? "none" : <ul className="flex flex-wrap gap-1.5">{version.variables.map((name) => <Chip key={name}>{name}</Chip>)}</ul>}</dd>
        <dt className="text-muted">Tokens</dt>
        <dd className="tabular">{tokens ? `${tokens.exact ? "" : "about "}${tokens.tokens} before variables${tokens.input_cost_usd === null ? "" : ` · ${usd(tokens.input_cost_usd)}`}` : "…"}</dd>
      </dl>
    </div>
  );
}

/** Everything about a version that is not text for the model. */
export function ConfigView({ version }: { version: Version }) {
  const entries: [string, ReactNode][] = [
    ["Model", <code key="" className="font-mono text-sm">{version.model_id}</code>],
    ["Temperature", version.temperature ?? "the model's own"],
    ["Max tokens", version.max_tokens ?? "the model's own"],
    ["Version id", <Copyable key="" text={version.version_id} />],
    ["Content hash", <Copyable key="" text={version.content_hash} />],
    ["Evaluation", version.eval_status],
  ];
  return (
    <div className="flex flex-col gap-5">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {entries.map(([title, value]) => (
          <div key={title} className="contents">
            <dt className="text-muted">{title}</dt>
            <dd className="tabular min-w-0">{value}</dd>
          </div>
        ))}
      </dl>
      <section>
        <h3 className="mb-2 font-semibold">Configuration for your code</h3>
        {Object.keys(version.config).length === 0 ? <p className="text-muted">None. It can hold whatever your code wants to know about this version.</p> : <CodeBlock code={JSON.stringify(version.config, null, 2)} label="configuration" />}
      </section>
    </div>
  );
}

const Copyable = ({ text }: { text: string }) => (
  <span className="flex min-w-0 items-center gap-1">
    <code className="truncate font-mono text-sm">{text}</code> <CopyButton text={text} />
  </span>
);
