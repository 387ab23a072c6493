import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/errors";
import { usePermission } from "@/api/session";
import type { Environment, PointerMoved, Prompt, Version } from "@/api/types";
import { duration } from "@/lib/format";
import { useShortcuts } from "@/shell/shortcuts";
import { Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { ErrorState, Skeleton } from "@/ui/states";
import { notify, notifyError } from "@/ui/toast";
import type { Layout } from "./diff-view";
import { LazyDiff } from "./lazy-diff";
import { type Move, promote, refreshPrompts, rollBack, versionQuery } from "./queries";
import { useReach } from "./reach";

export interface MoveIntent {
  action: "promote" | "rollback";
  environment: Environment;
  /** The version to make live. */
  target: Version;
}

interface MoveDialogProps {
  prompt: Prompt;
  intent: MoveIntent | null;
  /** Versions to choose the target from. */
  versions: Version[];
  onIntent: (intent: MoveIntent | null) => void;
}

/** Promote and rollback: the difference between what is live and what will be, what happens, one click, undo. */
export function MoveDialog({ prompt, intent, versions, onIntent }: MoveDialogProps) {
  if (!intent) return null;
  return <OpenMoveDialog key={`${intent.action}-${intent.environment}`} prompt={prompt} intent={intent} versions={versions} onIntent={onIntent} />;
}

function OpenMoveDialog({ prompt, intent, versions, onIntent }: MoveDialogProps & { intent: MoveIntent }) {
  const { action, environment, target } = intent;
  const [layout, setLayout] = useState<Layout>("unified");
  const [justification, setJustification] = useState("");
  const [busy, setBusy] = useState(false);
  const live = prompt.pointers[environment];
  const current = useQuery({ ...versionQuery(prompt.id, live?.version_id ?? ""), enabled: live !== null });
  const { reason } = usePermission(environment === "production" ? "publisher" : "editor");
  const { consequence, notice } = useReach(prompt, environment);
  const isLive = live?.version_id === target.version_id;
  const verb = action === "rollback" ? "Roll back" : "Promote";

  const move = async () => {
    if (busy || isLive || reason) return;
    setBusy(true);
    try {
      const request: Move = { name: prompt.id, environment, versionId: target.version_id, justification, expectedRevision: live?.revision ?? 0 };
      const moved = await (action === "rollback" ? rollBack(request) : promote(request));
      await refreshPrompts();
      announceMove(prompt.id, moved);
      onIntent(null);
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) {
        await refreshPrompts();
        notify(`${verb} failed`, { description: `Something else was made live in ${environment} meanwhile. What would change now is shown.` });
      } else notifyError(`${verb} failed`, error);
    } finally {
      setBusy(false);
    }
  };
  useShortcuts({ "mod+enter": () => void move() }, { dialog: true });

  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => onIntent(open ? intent : null)}
      title={`${verb} ${environment} to version ${target.version_number}`}
      description={live ? `Version ${live.version_number} is live now.` : `Nothing is live in ${environment} yet.`}
      footer={
        <>
          <span className="me-auto text-sm text-muted">{consequence}</span>
          <Button onClick={() => onIntent(null)}>Cancel</Button>
          <Button kind="primary" busy={busy} reason={isLive ? `Version ${target.version_number} is live already.` : reason} onClick={() => void move()}>
            {`${verb} to version ${target.version_number}`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="grid gap-3 sm:grid-cols-[auto_auto_1fr]">
          <Field label="Environment">
            {(control) => (
              <Select {...control} value={environment} onChange={(event) => onIntent({ ...intent, environment: event.target.value as Environment })}>
                <option value="production">production</option>
                <option value="staging">staging</option>
              </Select>
            )}
          </Field>
          <Field label="Version">
            {(control) => (
              <Select {...control} value={target.version_id} onChange={(event) => onIntent({ ...intent, target: versions.find(({ version_id }) => version_id === event.target.value) ?? target })}>
                {withTarget(versions, target).map((version) => (
                  <option key={version.version_id} value={version.version_id}>
                    {`v${version.version_number}${version.commit_message ? ` · ${version.commit_message.slice(0, 48)}` : ""}`}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Why" optional>
            {(control) => <Input {...control} dir="auto" maxLength={2000} value={justification} onChange={(event) => setJustification(event.target.value)} placeholder="For the history" />}
          </Field>
        </div>
        {notice}
        {!live && <Notice>This makes version {target.version_number} live for the first time. Until then, resolving answers 404.</Notice>}
        {current.isError && <ErrorState error={current.error} onRetry={() => void current.refetch()} />}
        {live && !current.data && !current.isError && <Skeleton className="h-40 w-full" />}
        {current.data && <LazyDiff from={current.data} to={target} fromLabel={`v${current.data.version_number}, live`} toLabel={`v${target.version_number}`} layout={layout} onLayout={setLayout} />}
      </div>
    </Dialog>
  );
}

const withTarget = (versions: Version[], target: Version): Version[] => (versions.some(({ version_id }) => version_id === target.version_id) ? versions : [target, ...versions]);

/** Of a pointer only the last move can be undone: what is said of it takes the place of what was said before. */
const newsOf = (name: string, environment: Environment): string => `${name} ${environment}`;

/** Says that a pointer moved, how fast, and offers the way back. */
export function announceMove(name: string, moved: PointerMoved): void {
  const { environment, version_number: number, previous_version_id: previous, propagation_ms: took, revision } = moved;
  const description = took === null ? "The edge takes it up within 5 s." : `At the edge after ${duration(took)}.`;
  const undo = async () => {
    if (!previous) return;
    try {
      const back = await rollBack({ name, environment, versionId: previous, justification: "Undo", expectedRevision: revision });
      await refreshPrompts();
      notify(`Version ${back.version_number} is live in ${environment} again`, { id: newsOf(name, environment) });
    } catch (error) {
      await refreshPrompts();
      if (error instanceof ApiError && error.status === 412) notify("Nothing was undone", { description: `Something else was made live in ${environment} since. The history says by whom.` });
      else notifyError("Undo failed", error);
    }
  };
  notify(`Version ${number} is live in ${environment}`, { description, id: newsOf(name, environment), ...(previous ? { undo: () => void undo() } : {}) });
}
