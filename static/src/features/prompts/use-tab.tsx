import { useQuery } from "@tanstack/react-query";
import { Play, Rocket } from "lucide-react";
import { useState } from "react";
import { api, apiPath } from "@/api/client";
import type { Environment, Prompt, Resolved } from "@/api/types";
import { curlCommand } from "@/lib/curl";
import { duration } from "@/lib/format";
import { useShortcuts } from "@/shell/shortcuts";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { Field, Input, Select } from "@/ui/field";
import { EmptyState, ErrorState } from "@/ui/states";
import { RuntimeKey } from "../settings/runtime-key";
import { versionQuery } from "./queries";
import { requestBody, snippets } from "./snippets";

interface UseTabProps {
  prompt: Prompt;
  onPromote: () => void;
}

type Outcome = { resolved: Resolved; took: number } | { error: unknown };

async function timedResolve(name: string, body: Record<string, unknown>): Promise<Outcome> {
  const began = performance.now();
  try {
    const resolved = await api.post<Resolved>(apiPath`/api/resolve/${name}`, body);
    return { resolved, took: performance.now() - began };
  } catch (error) {
    return { error };
  }
}

/** How an application gets this prompt, and the same at once on the page. */
export function UseTab({ prompt, onPromote }: UseTabProps) {
  const [environment, setEnvironment] = useState<Environment>(prompt.pointers.production || !prompt.pointers.staging ? "production" : "staging");
  const [values, setValues] = useState<Record<string, string>>({});
  const [language, setLanguage] = useState("curl");
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const live = prompt.pointers[environment];
  const version = useQuery({ ...versionQuery(prompt.name, live?.version_id ?? ""), enabled: live !== null });
  const names = version.data?.variables ?? [];
  const variables = Object.fromEntries(names.map((name) => [name, values[name] ?? example(name)]));
  const call = { origin: location.origin, name: prompt.name, environment, variables };
  const code = snippets(call);
  const shown = code.find(({ id }) => id === language) ?? code[0];

  const resolve = async () => {
    // Its variables are not known yet.
    if (busy || version.isLoading) return;
    setBusy(true);
    setOutcome(await timedResolve(prompt.name, requestBody(call)));
    setBusy(false);
  };
  useShortcuts({ "mod+enter": () => void resolve() });

  if (!prompt.pointers.production && !prompt.pointers.staging) {
    return (
      <EmptyState
        icon={Rocket}
        title="Nothing is live yet"
        action={
          <Button kind="primary" onClick={onPromote}>
            Promote a version
          </Button>
        }
        curl={curlCommand(`/api/prompts/${encodeURIComponent(prompt.name)}/promote`, { version_id: "ver_…", environment: "production" })}
      >
        Applications get a prompt's live version. Promote one to staging or production first; nothing is ever served by accident.
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <Field label="Environment" className="w-40">
          {(control) => (
            <Select {...control} value={environment} onChange={(event) => setEnvironment(event.target.value as Environment)}>
              <option value="production">production</option>
              <option value="staging">staging</option>
            </Select>
          )}
        </Field>
        {names.map((name) => (
          <Field key={name} label={<span className="font-mono">{name}</span>}>
            {(control) => <Input {...control} dir="auto" value={variables[name] ?? ""} onChange={(event) => setValues({ ...values, [name]: event.target.value })} />}
          </Field>
        ))}
        <div>
          <Button kind="primary" icon={Play} busy={busy || version.isLoading} onClick={() => void resolve()}>
            Resolve now
          </Button>
        </div>
        <div aria-live="polite">{outcome && ("error" in outcome ? <ErrorState error={outcome.error} title="Resolving failed" onRetry={() => void resolve()} /> : <Answer {...outcome} />)}</div>
      </div>
      <section aria-label="Code" className="flex min-w-0 flex-col gap-2">
        <div role="group" aria-label="Language" className="flex gap-1">
          {code.map(({ id, title }) => (
            <button key={id} type="button" aria-pressed={id === shown?.id} onClick={() => setLanguage(id)} className="rounded-md px-2 py-1 text-sm font-medium text-muted hover:bg-hover aria-pressed:bg-hover aria-pressed:text-ink">
              {title}
            </button>
          ))}
        </div>
        {shown && <CodeBlock code={shown.code} label={`${shown.title} code`} wrap={shown.id === "curl"} />}
        <p className="text-sm text-muted">
          <code className="font-mono">PROMPTLAB_KEY</code> is a key with the role runtime. The same <code className="font-mono">user_id</code> gets the same variant everywhere.
        </p>
        <RuntimeKey />
      </section>
    </div>
  );
}

/** Something to begin with for a variable. */
const example = (name: string): string => (/name/i.test(name) ? "Ada" : `example ${name.replaceAll(/[._-]+/g, " ")}`);

function Answer({ resolved, took }: { resolved: Resolved; took: number }) {
  const text = resolved.resolved_text ?? JSON.stringify(resolved.messages, null, 2);
  return (
    <section aria-label="Answer" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
        <Badge tone="good">version {resolved.version_number}</Badge>
        <Badge>{resolved.assignment}</Badge>
        {resolved.variant && <Badge tone="accent">variant {resolved.variant}</Badge>}
        <span className="tabular">{duration(took)} from this browser</span>
      </div>
      {resolved.system_prompt && (
        <>
          <h3 className="text-sm font-medium">System prompt</h3>
          <CodeBlock code={resolved.system_prompt} label="resolved system prompt" wrap />
          <h3 className="text-sm font-medium">{resolved.messages ? "Messages" : "Prompt"}</h3>
        </>
      )}
      <CodeBlock code={text} label="resolved text" wrap />
      {resolved.missing_variables.length > 0 && <p className="text-sm text-warn">Without a value: {resolved.missing_variables.join(", ")}</p>}
    </section>
  );
}
