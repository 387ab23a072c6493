import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Link } from "react-router";
import { isNotFound } from "@/api/errors";
import { promptChoicesQuery, promptQuery } from "@/api/queries";
import { usePermission } from "@/api/session";
import { paths } from "@/paths";
import { Field, Input, Select, TextArea } from "@/ui/field";
import { Skeleton } from "@/ui/states";
import type { Choices, CHOICES_IN_ADDRESS } from "./choices";
import { liveVersionQuery, modelsQuery } from "./queries";
import { Suggest } from "./suggest";

interface PanelProps {
  choices: Choices;
  /** Whether a prompt belongs to the conversation already: there is no way back to none. */
  bound: boolean;
  onChoose: (changes: Partial<typeof CHOICES_IN_ADDRESS>) => void;
  variables: Record<string, string>;
  onVariables: (variables: Record<string, string>) => void;
}

/** What answers: prompt, environment, values, user, model. */
export function ChoicesPanel({ choices, bound, onChoose, variables, onVariables }: PanelProps) {
  const { prompt, environment, user, model } = choices;
  const { allowed } = usePermission("viewer");
  const [search, setSearch] = useState("");
  const found = useQuery({ ...promptChoicesQuery(useDeferredValue(search)), enabled: allowed });
  const known = useQuery({ ...promptQuery(prompt), enabled: allowed && prompt !== "", staleTime: 60_000 });
  const live = useQuery({ ...liveVersionQuery(prompt, environment), enabled: allowed && prompt !== "" && !known.isError });
  const models = useQuery(modelsQuery);
  const name = known.data?.name ?? prompt;
  const own = live.data?.model_id ?? (prompt ? undefined : "offline");
  const error = isNotFound(known.error) ? "There is no such prompt." : isNotFound(live.error) ? `Nothing is live in ${environment}.` : undefined;
  return (
    <div className="flex flex-col gap-4">
      <Field label="Prompt" optional={!bound} error={error} hint={prompt ? <PromptHint name={name} bound={bound} /> : "Without one the model gets only the conversation."}>
        {(control) => (
          <Suggest {...control} value={name} placeholder="None" className="font-mono text-sm!" suggestions={found.data?.data.map((each) => each.name) ?? []} onType={setSearch} onCommit={(value) => onChoose({ prompt: value })} />
        )}
      </Field>
      {prompt !== "" && (
        <Field label="Environment">
          {(control) => (
            <Select {...control} value={environment} onChange={(event) => onChoose({ environment: event.target.value })}>
              <option value="production">production</option>
              <option value="staging">staging</option>
            </Select>
          )}
        </Field>
      )}
      {prompt !== "" && live.isPending && live.isFetching && <Skeleton className="h-16 w-full" />}
      {live.data && live.data.variables.length > 0 && (
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-sm font-medium">Variables</legend>
          {live.data.variables.map((variable) => (
            <label key={variable} className="flex flex-col gap-0.5">
              <span className="font-mono text-xs text-muted">{variable}</span>
              <TextArea rows={1} className="max-h-40 field-sizing-content" value={variables[variable] ?? ""} onChange={(event) => onVariables({ ...variables, [variable]: event.target.value })} placeholder="No value" />
            </label>
          ))}
        </fieldset>
      )}
      <Field label="User" optional hint="The same user gets the same variant.">
        {(control) => <UserInput control={control} user={user} onCommit={(value) => onChoose({ user: value })} />}
      </Field>
      <Field label="Model" optional hint={model ? "Asked alone, without the prompt's fallbacks." : own ? `Without a choice: ${own}` : undefined}>
        {(control) => <Suggest {...control} value={model} placeholder={own ?? "The prompt’s"} suggestions={models.data ?? []} onCommit={(value) => onChoose({ model: value })} />}
      </Field>
    </div>
  );
}

const PromptHint = ({ name, bound }: { name: string; bound: boolean }) => (
  <>
    <Link to={paths.prompt(name)} className="link underline">
      Open the prompt
    </Link>
    {bound && (
      <>
        . This conversation keeps it: to chat without one,{" "}
        <Link to={paths.chat()} className="link underline">
          start a new chat
        </Link>
        .
      </>
    )}
  </>
);

type Control = { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined };

function UserInput({ control, user, onCommit }: { control: Control; user: string; onCommit: (value: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = () => {
    if (typed !== null && typed.trim() !== user) onCommit(typed.trim());
    setTyped(null);
  };
  return <Input {...control} dir="auto" value={typed ?? user} placeholder="Nobody" onChange={(event) => setTyped(event.target.value)} onBlur={commit} onKeyDown={(event) => event.key === "Enter" && commit()} />;
}
