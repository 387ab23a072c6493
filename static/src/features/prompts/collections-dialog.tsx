import { useQuery } from "@tanstack/react-query";
import { Check, Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/errors";
import type { Collection } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { ConfirmByName, Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { notify, notifyError } from "@/ui/toast";
import { collectionsQuery, createCollection, deleteCollection, renameCollection } from "./queries";

const LONGEST = 200;

/** Makes, renames and deletes collections. */
export function CollectionsDialog({ onClose, onDeleted }: { onClose: () => void; onDeleted: (id: string) => void }) {
  const collections = useQuery(collectionsQuery);
  const [doomed, setDoomed] = useState<Collection | null>(null);
  const known = collections.data?.data ?? [];
  const remove = async (collection: Collection, prompts: "refuse" | "archive") => {
    try {
      await deleteCollection(collection.id, prompts);
      setDoomed(null);
      onDeleted(collection.id);
      const undo = () => void createCollection(collection.name, collection.description).catch((error: unknown) => notifyError("Undo failed", error));
      notify(`${collection.name} is deleted`, prompts === "archive" ? { description: "Its prompts are archived." } : { undo });
    } catch (error) {
      if (prompts === "refuse" && error instanceof ApiError && error.status === 409) setDoomed(collection);
      else notifyError("Deleting failed", error);
    }
  };
  return (
    <>
      <Dialog open={doomed === null} onOpenChange={(open) => !open && doomed === null && onClose()} title="Collections" description="Each prompt is in one, or in none.">
        <div className="flex flex-col gap-4">
          {collections.isPending && <SkeletonRows rows={3} label="Loading the collections" />}
          {collections.isError && <ErrorState error={collections.error} onRetry={() => void collections.refetch()} />}
          {known.length > 0 && (
            <ul aria-label="Collections" className="flex flex-col divide-y divide-line">
              {known.map((collection) => (
                <Row key={collection.id} collection={collection} onDelete={() => void remove(collection, "refuse")} />
              ))}
            </ul>
          )}
          <NewCollection />
        </div>
      </Dialog>
      <ConfirmByName
        open={doomed !== null}
        onOpenChange={() => setDoomed(null)}
        title="Delete a collection with prompts?"
        description="Its prompts are archived with it: what of them is live answers 404 within 5 s. Move those first that you want to keep. The collection cannot be restored, its prompts can."
        name={doomed?.name ?? ""}
        action="Delete and archive"
        onConfirm={() => doomed && void remove(doomed, "archive")}
      />
    </>
  );
}

const faultOf = (error: unknown): string => {
  if (error instanceof ApiError && error.status === 409) return "There is a collection of this name already.";
  return (error instanceof ApiError && error.field("name")) || (error instanceof Error ? error.message : "Something unexpected happened.");
};

/** A name, and what to do with it. */
function useNaming(save: (name: string) => Promise<void>) {
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const name = new FormData(form).get("name");
    if (busy || typeof name !== "string" || name.trim() === "") return;
    setBusy(true);
    setError(undefined);
    try {
      await save(name.trim());
      form.reset();
    } catch (failure) {
      setError(faultOf(failure));
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, submit };
}

function NewCollection() {
  const { error, busy, submit } = useNaming((name) => createCollection(name));
  return (
    <form onSubmit={(event) => void submit(event)} className="flex items-end gap-2">
      <Field label="New collection" error={error} className="flex-1">
        {(control) => <Input {...control} name="name" dir="auto" maxLength={LONGEST} placeholder="Onboarding" />}
      </Field>
      <Button type="submit" kind="primary" busy={busy} className={error ? "mb-6" : ""}>
        Create
      </Button>
    </form>
  );
}

function Row({ collection, onDelete }: { collection: Collection; onDelete: () => void }) {
  const [renaming, setRenaming] = useState(false);
  const { error, busy, submit } = useNaming(async (name) => {
    if (name !== collection.name) await renameCollection(collection.id, name);
    setRenaming(false);
  });
  if (renaming) {
    return (
      <li className="py-1.5">
        <form onSubmit={(event) => void submit(event)} className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <Input name="name" aria-label={`New name of ${collection.name}`} aria-invalid={error ? true : undefined} autoFocus dir="auto" maxLength={LONGEST} defaultValue={collection.name} />
            {error && (
              <p role="alert" className="text-sm text-bad">
                {error}
              </p>
            )}
          </div>
          <Button type="submit" icon={Check} busy={busy}>
            Rename
          </Button>
        </form>
      </li>
    );
  }
  return (
    <li className="flex min-h-11 items-center gap-1">
      <span dir="auto" className="min-w-0 flex-1 break-words">
        {collection.name}
      </span>
      <IconButton label={`Rename ${collection.name}`} icon={Pencil} onClick={() => setRenaming(true)} />
      <IconButton label={`Delete ${collection.name}`} icon={Trash2} onClick={onDelete} />
    </li>
  );
}
