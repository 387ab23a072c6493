import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { Link, useParams, useSearchParams } from "react-router";
import { promptQuery } from "@/api/queries";
import type { Prompt, Version } from "@/api/types";
import { paths, withParams } from "@/paths";
import { KeepDraft } from "@/shell/keep-draft";
import { keyName, useShortcuts } from "@/shell/shortcuts";
import { Notice } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { notify } from "@/ui/toast";
import { type Draft, draftFrom, draftSchema, EMPTY_DRAFT, isSameContent } from "./content";
import { ContentFields } from "./content-fields";
import { Preview } from "./preview";
import { versionQuery } from "./queries";
import { SaveDialog } from "./save-dialog";

const WATCH_MS = 15_000;

/** The next version of a prompt, beginning with what an earlier one says. */
export function EditPromptPage() {
  const { prompt: name = "" } = useParams();
  const [params] = useSearchParams();
  const from = params.get("from") ?? "latest";
  // Somebody else may save while this is edited.
  const prompt = useQuery({ ...promptQuery(name), refetchInterval: WATCH_MS });
  const hasVersion = prompt.data ? prompt.data.latest_version_number !== null : undefined;
  const base = useQuery({ ...versionQuery(name, from), enabled: hasVersion === true });
  const error = prompt.error ?? base.error;
  if (prompt.data && (hasVersion === false || base.data)) return <Editor key={`${prompt.data.id} ${from}`} prompt={prompt.data} base={base.data} />;
  return (
    <Page title="Edit" documentTitle={`Edit ${name}`} back={<Link to={paths.prompt(name)} className="font-mono hover:underline">{name}</Link>}>
      {error ? <ErrorState error={error} list={{ to: paths.prompts(), says: "Show all prompts" }} onRetry={() => void Promise.all([prompt.refetch(), base.refetch()])} /> : <Skeleton className="h-96 w-full" />}
    </Page>
  );
}

function Editor({ prompt, base: given }: { prompt: Prompt; base: Version | undefined }) {
  // What it began with stays, also when the prompt is read anew meanwhile.
  const [base] = useState(given);
  const [start] = useState<Draft>(() => (base ? draftFrom(base) : EMPTY_DRAFT));
  const form = useForm<Draft>({ resolver: zodResolver(draftSchema), defaultValues: start });
  const [saving, setSaving] = useState<Draft | null>(null);
  const saved = useRef(false);
  const review = form.handleSubmit((draft) => {
    if (base && isSameContent(draft, start)) notify("Nothing has changed yet");
    else setSaving(draft);
  });
  useShortcuts({ "mod+enter": () => void review(), "mod+s": () => void review() });
  return (
    <Page
      title={base ? `Edit version ${base.version_number}` : "First version"}
      documentTitle={`Edit ${prompt.name}`}
      back={<Link to={paths.prompt(prompt.name)} className="font-mono hover:underline">{prompt.name}</Link>}
      description={base ? "Versions never change: what you save becomes the next one." : "The text, the model and its parameters."}
      actions={
        <>
          <ButtonLink to={paths.prompt(prompt.name)} kind="quiet">
            Cancel
          </ButtonLink>
          <Button kind="primary" onClick={() => void review()}>
            Review and save <kbd className="text-xs opacity-80">{keyName("⌘")}↵</kbd>
          </Button>
        </>
      }
    >
      <NewerVersion prompt={prompt} base={base} />
      <FormProvider {...form}>
        <form onSubmit={(event) => void review(event)} noValidate className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <ContentFields />
          <Preview />
        </form>
        <KeepDraft isDirty={() => !saved.current && !isSameContent(form.getValues(), start)} />
      </FormProvider>
      {saving && <SaveDialog prompt={prompt} base={base} draft={saving} empty={{ ...EMPTY_DRAFT, type: saving.type, messages: [], model_id: "" }} onClose={() => setSaving(null)} onSaved={() => (saved.current = true)} />}
    </Page>
  );
}

/** Says that another version came after the one that the draft began with: what it changed is not in the draft. */
function NewerVersion({ prompt, base }: { prompt: Prompt; base: Version | undefined }) {
  const latest = prompt.latest_version_number;
  if (latest === null || latest <= (base?.version_number ?? 0)) return null;
  return (
    <div className="mb-5">
      <Notice
        tone="warn"
        action={
          <span className="flex flex-wrap gap-2">
            {base && (
              <ButtonLink size="small" kind="quiet" to={withParams(paths.promptDiff(prompt.name), { from: base.version_number, to: latest })} target="_blank">
                Compare
              </ButtonLink>
            )}
            <ButtonLink size="small" to={withParams(paths.promptEdit(prompt.name), { from: latest })} replace>
              Start from v{latest}
            </ButtonLink>
          </span>
        }
      >
        <strong className="font-medium">v{latest} is newer.</strong> {base ? `This begins with v${base.version_number}: what was changed since is not in it.` : "Somebody saved it meanwhile."}
      </Notice>
    </div>
  );
}
