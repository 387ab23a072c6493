import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus, RefreshCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { usePermission, useSession } from "@/api/session";
import type { Key } from "@/api/types";
import { count, dateTime } from "@/lib/format";
import { useSearchState } from "@/lib/search-state";
import { useRowKeys } from "@/shell/row-keys";
import { Badge, type Tone } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmByName } from "@/ui/dialog";
import { Checkbox } from "@/ui/field";
import { LoadMore } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { DateOf, RelativeTime, useNow } from "@/ui/time";
import { notify, notifyError } from "@/ui/toast";
import { isInForce, type KeyState, keyState } from "./key-state";
import { NewKeyDialog } from "./new-key-dialog";
import { keysQuery, refreshKeys, revokeKey } from "./queries";
import { RotateDialog } from "./rotate-dialog";
import { SecretDialog } from "./secret-dialog";
import { AdminsOnly, SettingsFrame } from "./settings-frame";

interface Shown {
  name: string;
  key: string;
}

/** The team's API keys. */
export function KeysPage() {
  const { reason } = usePermission("admin");
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState<Shown>();
  return (
    <SettingsFrame
      title="Keys"
      actions={
        <Button kind="primary" icon={Plus} reason={reason} onClick={() => setCreating(true)}>
          New key
        </Button>
      }
    >
      <AdminsOnly what="Keys">
        <KeyTable onShown={setShown} onNew={() => setCreating(true)} />
      </AdminsOnly>
      {creating && (
        <NewKeyDialog
          onClose={() => setCreating(false)}
          onCreated={(key) => {
            setCreating(false);
            setShown(key);
          }}
        />
      )}
      {shown && <SecretDialog title={`Key “${shown.name}”`} secret={shown.key} onClose={() => setShown(undefined)} />}
    </SettingsFrame>
  );
}

function KeyTable({ onShown, onNew }: { onShown: (shown: Shown) => void; onNew: () => void }) {
  const [{ ended }, set] = useSearchState({ ended: "" });
  const list = useInfiniteQuery(keysQuery());
  const now = useNow();
  const [rotating, setRotating] = useState<Key>();
  const [revoking, setRevoking] = useState<Key>();
  const all = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const keys = ended ? all : all.filter((key) => isInForce(key, now));
  const hidden = all.length - all.filter((key) => isInForce(key, now)).length;
  const own = useSession().active?.me.key.id;
  const current = useRowKeys(keys, ({ id }) => id, () => null);

  if (list.isPending) return <SkeletonRows label="Loading the keys" />;
  if (list.isError && !list.data) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  return (
    <>
      <Checkbox checked={ended !== ""} onChange={(event) => set({ ended: event.target.checked ? "true" : "" })} label={`Show keys that have ended (${count(hidden)})`} className="mb-2 text-sm!" />
      {keys.length === 0 ? (
        <EmptyState icon={KeyRound} title="No key is in force" action={<Button onClick={onNew}>Make a key</Button>}>
          Applications and people sign in with keys. Each has a role and can be ended by itself.
        </EmptyState>
      ) : (
        <DataTable label="Keys" columns={columns({ now, own, onRotate: setRotating, onRevoke: setRevoking })} rows={keys} rowKey={({ id }) => id} current={current} />
      )}
      <LoadMore shown={keys.length} noun="key" query={list} />
      {rotating && (
        <RotateDialog
          keyRow={rotating}
          onClose={() => setRotating(undefined)}
          onRotated={(key) => {
            setRotating(undefined);
            onShown(key);
          }}
        />
      )}
      {revoking && <RevokeDialog keyRow={revoking} isOwn={revoking.id === own} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

const TONES: Record<KeyState, Tone> = { active: "good", grace: "warn", replaced: "neutral", expired: "neutral", revoked: "neutral" };

function stateText(key: Key, state: KeyState): string {
  if (state === "grace" && key.grace_until) return `replaced, works until ${dateTime(key.grace_until)}`;
  return state;
}

function State({ keyRow, now }: { keyRow: Key; now: number }) {
  const state = keyState(keyRow, now);
  return (
    <Badge tone={TONES[state]} className="whitespace-normal!">
      {stateText(keyRow, state)}
    </Badge>
  );
}

interface ColumnOptions {
  now: number;
  own: string | undefined;
  onRotate: (key: Key) => void;
  onRevoke: (key: Key) => void;
}

function columns({ now, own, onRotate, onRevoke }: ColumnOptions): Column<Key>[] {
  const never = <span className="text-muted">never</span>;
  return [
    {
      key: "name",
      title: "Name",
      cell: (key) => (
        <div className="min-w-0">
          <span dir="auto" className="font-medium wrap-anywhere">
            {key.name}
          </span>
          {key.id === own && (
            <Badge tone="accent" className="ms-2">
              this page
            </Badge>
          )}
          <div className="text-sm wrap-anywhere text-muted">
            <code className="font-mono text-xs">{key.hint}…</code> · <span dir="auto">{key.user_name}</span>
          </div>
          <div className="mt-0.5 flex flex-wrap items-center gap-1 md:hidden">
            <Badge>{key.role}</Badge>
            {keyState(key, now) !== "active" && <State keyRow={key} now={now} />}
            {key.expires_at && isInForce(key, now) && (
              <span className="text-xs text-muted">
                until <DateOf time={key.expires_at} />
              </span>
            )}
          </div>
        </div>
      ),
    },
    { key: "role", title: "Role", wideOnly: true, cell: ({ role }) => <Badge>{role}</Badge> },
    {
      key: "state",
      title: "State",
      wideOnly: true,
      cell: (key) => <State keyRow={key} now={now} />,
    },
    { key: "rate", title: "Chat / hour", numeric: true, wideOnly: true, cell: ({ chat_requests_per_hour: rate }) => (rate === null ? <span className="text-muted">as installed</span> : count(rate)) },
    { key: "expires", title: "Expires", numeric: true, wideOnly: true, cell: ({ expires_at: expires }) => (expires ? <DateOf time={expires} /> : never) },
    { key: "used", title: "Last used", numeric: true, cell: ({ last_used_at: used }) => (used ? <RelativeTime time={used} className="text-muted" /> : never) },
    {
      key: "actions",
      title: <span className="sr-only">Actions</span>,
      numeric: true,
      cell: (key) => {
        const state = keyState(key, now);
        if (!isInForce(key, now)) return null;
        return (
          <span className="inline-flex">
            <IconButton label={`Rotate ${key.name}`} icon={RefreshCw} reason={state === "grace" ? "It was replaced already." : undefined} onClick={() => onRotate(key)} />
            <IconButton label={`Revoke ${key.name}`} icon={Trash2} onClick={() => onRevoke(key)} />
          </span>
        );
      },
    },
  ];
}

function RevokeDialog({ keyRow, isOwn, onClose }: { keyRow: Key; isOwn: boolean; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    try {
      await revokeKey(keyRow.id);
      notify(`“${keyRow.name}” is revoked`, { description: "Requests with it are refused within 5 s." });
      onClose();
      void refreshKeys();
    } catch (error) {
      notifyError("The key was not revoked", error, { retry: () => void revoke() });
      setBusy(false);
    }
  };
  const description = isOwn
    ? "This page uses this key: you will be asked for another one. Requests with it are refused within 5 s. This cannot be undone."
    : "Requests with it are refused within 5 s. This cannot be undone.";
  return <ConfirmByName open onOpenChange={onClose} title={`Revoke “${keyRow.name}”`} description={description} name={keyRow.name} action="Revoke the key" busy={busy} onConfirm={() => void revoke()} />;
}
