import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { api, apiPath } from "@/api/client";
import { ApiError } from "@/api/errors";
import { usePermission } from "@/api/session";
import type { Prompt } from "@/api/types";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select, TextArea } from "@/ui/field";
import { Problem } from "@/ui/problem";
import { notify } from "@/ui/toast";
import { collectionsQuery, refreshPrompts } from "./queries";

/** Tags as they are typed: separated by commas. */
export const tagsFrom = (text: string): string[] => [...new Set(text.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");

/** What a prompt is called and where it is filed. */
export function DetailsDialog({ prompt, onClose }: { prompt: Prompt; onClose: () => void }) {
  const navigate = useNavigate();
  const collections = useQuery(collectionsQuery);
  const publisher = usePermission("publisher");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const fieldError = (name: string) => (error instanceof ApiError ? error.field(name) : undefined);
  const isLive = prompt.pointers.production !== null;

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => {
      const value = form.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    const name = text("name") || prompt.name;
    setBusy(true);
    try {
      await api.patch<Prompt>(apiPath`/api/prompts/${prompt.id}`, {
        ...(name === prompt.name ? {} : { name }),
        description: text("description"),
        tags: tagsFrom(text("tags")),
        collection_id: text("collection") || null,
      });
      if (name !== prompt.name) await navigate(paths.prompt(name), { replace: true });
      await refreshPrompts();
      notify("Saved");
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Name, tags, collection">
      <form onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
        <Field label="Name" error={fieldError("name")} hint={isLive ? (publisher.reason ?? "Applications that resolve the old name get 404 from then on.") : undefined}>
          {(control) => <Input {...control} name="name" defaultValue={prompt.name} disabled={isLive && !publisher.allowed} className="font-mono" />}
        </Field>
        <Field label="Description" optional error={fieldError("description")}>
          {(control) => <TextArea {...control} name="description" rows={2} defaultValue={prompt.description} />}
        </Field>
        <Field label="Tags" optional hint="Separated by commas." error={fieldError("tags")}>
          {(control) => <Input {...control} name="tags" dir="auto" defaultValue={prompt.tags.join(", ")} />}
        </Field>
        <Field label="Collection" optional error={fieldError("collection_id")}>
          {(control) => (
            <Select {...control} name="collection" key={collections.status} defaultValue={prompt.collection_id ?? ""}>
              <option value="">None</option>
              {collections.data?.data.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Problem error={error instanceof ApiError && error.fields.length > 0 ? undefined : error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
