import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import { Link, useNavigate } from "react-router";
import { z } from "zod";
import { api } from "@/api/client";
import { ApiError } from "@/api/errors";
import { usePermission } from "@/api/session";
import type { Prompt } from "@/api/types";
import { paths } from "@/paths";
import { KeepDraft } from "@/shell/keep-draft";
import { keyName, useShortcuts } from "@/shell/shortcuts";
import { Button } from "@/ui/button";
import { Checkbox, Field, Input, Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { notify, notifyError } from "@/ui/toast";
import { type Draft, draftSchema, EMPTY_DRAFT, isSameContent, newVersionFrom } from "./content";
import { ContentFields } from "./content-fields";
import { tagsFrom } from "./details-dialog";
import { announceMove } from "./move-dialog";
import { Preview } from "./preview";
import { collectionsQuery, createVersion, promote, refreshPrompts } from "./queries";

const NAME = /^[a-z0-9][a-z0-9._/-]{0,199}$/;

/** Something that works at once, to change. */
const START: Draft = { ...EMPTY_DRAFT, system_prompt: "You are friendly and brief.", template_text: "Greet {{ name }} in one sentence." };

const nameSchema = z.string().regex(NAME, "Lower-case letters, digits and . _ / -, beginning with a letter or digit, at most 200.");

/** What is wrong with a name. */
const faultOf = (name: string): string | undefined => nameSchema.safeParse(name).error?.issues[0]?.message;

/** A prompt, its first version and, if wished, its release: from nothing to something that resolves. */
export function NewPromptPage() {
  const navigate = useNavigate();
  const editor = usePermission("editor");
  const publisher = usePermission("publisher");
  const collections = useQuery(collectionsQuery);
  const form = useForm<Draft>({ resolver: zodResolver(draftSchema), defaultValues: START });
  const [name, setName] = useState("");
  const [details, setDetails] = useState({ description: "", tags: "", collection: "" });
  const [release, setRelease] = useState(publisher.allowed);
  const [nameError, setNameError] = useState<string>();
  const [busy, setBusy] = useState(false);
  /** Made already, should a later step have failed. */
  const made = useRef<Prompt | null>(null);
  const saved = useRef(false);
  const isDirty = () => !saved.current && (name !== "" || Object.values(details).some((text) => text !== "") || !isSameContent(form.getValues(), START));

  const create = async (draft: Draft) => {
    setBusy(true);
    try {
      made.current ??= await api.create<Prompt>("/api/prompts", {
        name,
        description: details.description.trim() || null,
        tags: tagsFrom(details.tags),
        collection_id: details.collection || null,
      });
      const prompt = made.current;
      const version = await createVersion(prompt.id, newVersionFrom(draft, "First version"));
      if (release) announceMove(prompt.id, await promote({ name: prompt.id, environment: "production", versionId: version.version_id, expectedRevision: 0 }));
      else notify(`${prompt.name} is created`);
      saved.current = true;
      await refreshPrompts();
      await navigate(paths.prompt(prompt.name, release ? "use" : "prompt"));
    } catch (error) {
      setBusy(false);
      if (error instanceof ApiError && error.status === 409) setNameError("There is a prompt of this name already, perhaps an archived one.");
      else if (error instanceof ApiError && error.field("name")) setNameError(error.field("name"));
      else notifyError("The prompt could not be created", error);
    }
  };
  const changeName = (text: string) => {
    setName(text);
    if (nameError !== undefined) setNameError(faultOf(text));
  };
  const submit = () => {
    const fault = faultOf(name);
    setNameError(fault);
    if (fault !== undefined) return document.querySelector<HTMLInputElement>("[data-prompt-name]")?.focus();
    if (!busy && editor.allowed) void form.handleSubmit(create)();
    return undefined;
  };
  useShortcuts({ "mod+enter": submit });

  return (
    <Page
      title="New prompt"
      back={<Link to={paths.prompts()} className="hover:underline">Prompts</Link>}
      actions={
        <Button kind="primary" busy={busy} reason={editor.reason} onClick={submit}>
          {release ? "Create and promote to production" : "Create"} <kbd className="text-xs opacity-80">{keyName("⌘")}↵</kbd>
        </Button>
      }
    >
      <FormProvider {...form}>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
          className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
        >
          <div className="flex flex-col gap-5">
            <Field label="Name" error={nameError} hint="What applications resolve: support/reply, for example.">
              {(control) => <Input {...control} data-prompt-name autoFocus autoCapitalize="none" maxLength={200} value={name} onChange={(event) => changeName(event.target.value)} className="font-mono" />}
            </Field>
            <details className="group">
              <summary className="w-fit list-none text-sm font-medium text-muted hover:text-ink">
                <span aria-hidden className="me-1 inline-block transition-transform group-open:rotate-90">›</span>
                Description, tags, collection
              </summary>
              <div className="mt-3 grid gap-3 sm:grid-cols-2">
                <Field label="Description" optional className="sm:col-span-2">
                  {(control) => <Input {...control} dir="auto" maxLength={2000} value={details.description} onChange={(event) => setDetails({ ...details, description: event.target.value })} />}
                </Field>
                <Field label="Tags" optional hint="Separated by commas.">
                  {(control) => <Input {...control} dir="auto" value={details.tags} onChange={(event) => setDetails({ ...details, tags: event.target.value })} />}
                </Field>
                <Field label="Collection" optional>
                  {(control) => (
                    <Select {...control} value={details.collection} onChange={(event) => setDetails({ ...details, collection: event.target.value })}>
                      <option value="">None</option>
                      {collections.data?.data.map(({ id, name: title }) => (
                        <option key={id} value={id}>
                          {title}
                        </option>
                      ))}
                    </Select>
                  )}
                </Field>
              </div>
            </details>
            <ContentFields />
            <Checkbox
              checked={release}
              disabled={!publisher.allowed}
              onChange={(event) => setRelease(event.target.checked)}
              label={
                <>
                  Promote it to production at once <span className="text-muted">– {publisher.reason ?? "applications can resolve it within 5 s"}</span>
                </>
              }
            />
          </div>
          <Preview />
        </form>
        <KeepDraft isDirty={isDirty} />
      </FormProvider>
    </Page>
  );
}
