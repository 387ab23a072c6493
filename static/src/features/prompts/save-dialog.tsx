import { useState } from "react";
import { useNavigate } from "react-router";
import { usePermission } from "@/api/session";
import type { CreatedVersion, Environment, Prompt, Version } from "@/api/types";
import { paths, withParams } from "@/paths";
import { useShortcuts } from "@/shell/shortcuts";
import { Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { notify, notifyError } from "@/ui/toast";
import { type Draft, newVersionFrom } from "./content";
import type { Layout } from "./diff-view";
import { LazyDiff } from "./lazy-diff";
import { announceMove } from "./move-dialog";
import { createVersion, promote, refreshPrompts } from "./queries";
import { useReach } from "./reach";

interface SaveDialogProps {
  prompt: Prompt;
  /** What the draft began with. */
  base: Version | undefined;
  draft: Draft;
  empty: Draft;
  onClose: () => void;
  /** Called before the page is left. */
  onSaved: () => void;
}

type Destination = "" | Environment;

const TITLES: Record<Destination, string> = { "": "Save version", staging: "Save and promote to staging", production: "Save and promote to production" };

/** The last look before a version is made: what changed, what to say about it, and where it goes. */
export function SaveDialog({ prompt, base, draft, empty, onClose, onSaved }: SaveDialogProps) {
  const navigate = useNavigate();
  const [layout, setLayout] = useState<Layout>("unified");
  const [message, setMessage] = useState("");
  const [destination, setDestination] = useState<Destination>("");
  const [busy, setBusy] = useState(false);
  const publisher = usePermission("publisher");
  const { consequence, notice } = useReach(prompt, destination);

  const save = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const version = await createVersion(prompt.id, newVersionFrom(draft, message));
      if (destination) await promoteSaved(prompt, version, destination);
      else notify(savedText(version));
      onSaved();
      await refreshPrompts();
      await navigate(withParams(paths.prompt(prompt.name), { version: version.version_number }));
    } catch (error) {
      notifyError("Saving failed", error);
      setBusy(false);
    }
  };
  useShortcuts({ "mod+enter": () => void save() }, { dialog: true });

  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={base ? `Changes since version ${base.version_number}` : "The first version"}
      description={destination ? consequence : "What is live stays as it is until you promote the new version."}
      footer={
        <>
          <Button onClick={onClose}>Go on editing</Button>
          <Button kind="primary" busy={busy} onClick={() => void save()}>
            {TITLES[destination]}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="grid gap-3 sm:grid-cols-[1fr_auto]">
          <Field label="What changed and why" optional>
            {(control) => <Input {...control} autoFocus dir="auto" maxLength={1000} value={message} onChange={(event) => setMessage(event.target.value)} placeholder="Shorter answers" />}
          </Field>
          <Field label="Then">
            {(control) => (
              <Select {...control} value={destination} onChange={(event) => setDestination(event.target.value as Destination)}>
                <option value="">only save it</option>
                <option value="staging">promote to staging</option>
                <option value="production" disabled={!publisher.allowed}>
                  {publisher.allowed ? "promote to production" : "promote to production (needs a publisher key)"}
                </option>
              </Select>
            )}
          </Field>
        </div>
        {notice}
        {base && (prompt.latest_version_number ?? 0) > base.version_number && (
          <Notice tone="warn">
            v{prompt.latest_version_number} is newer than v{base.version_number}, with which this began: what was changed since is not in it.
          </Notice>
        )}
        <LazyDiff from={base ?? empty} to={draft} fromLabel={base ? `v${base.version_number}` : "nothing"} toLabel="new" layout={layout} onLayout={setLayout} />
      </div>
    </Dialog>
  );
}

const savedText = ({ version_number: number, deduplicated }: CreatedVersion): string => (deduplicated ? `Version ${number} says this already: nothing new was saved` : `Version ${number} is saved`);

/** The version is saved whatever becomes of the promotion. */
async function promoteSaved(prompt: Prompt, version: CreatedVersion, environment: Environment): Promise<void> {
  try {
    const moved = await promote({ name: prompt.id, environment, versionId: version.version_id, expectedRevision: prompt.pointers[environment]?.revision ?? 0 });
    announceMove(prompt.id, moved);
  } catch (error) {
    notifyError(`Version ${version.version_number} is saved, but not in ${environment}`, error);
  }
}
