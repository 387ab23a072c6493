import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { PROVIDERS } from "@/api/providers";
import { usePermission } from "@/api/session";
import type { Provider } from "@/api/types";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { ConfirmByName, Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { notify, notifyError } from "@/ui/toast";
import { forgetProvider, providersQuery, refreshProviders, setProvider } from "./queries";
import { AdminsOnly, SettingsFrame } from "./settings-frame";
import { useSubmission } from "./submission";

interface Row {
  name: string;
  provider: Provider | null;
}

/** What is being set: a known provider, one of the team's own, or a new one. */
type Editing = { name: string | null; provider: Provider | null };

/** Keys of model providers. What is shown of one is its last four characters. */
export function ProvidersPage() {
  const { reason } = usePermission("admin");
  const [editing, setEditing] = useState<Editing>();
  const [forgetting, setForgetting] = useState<Provider>();
  return (
    <SettingsFrame
      title="Providers"
      actions={
        <Button icon={Plus} reason={reason} onClick={() => setEditing({ name: null, provider: null })}>
          Add an endpoint
        </Button>
      }
    >
      <AdminsOnly what="Providers">
        <p className="mb-4 max-w-prose text-pretty text-muted">
          Chat asks these endpoints for your team. The built-in model <code className="font-mono">offline</code> needs none. Keys are stored encrypted and never shown again.
        </p>
        <ProviderTable onSet={setEditing} onForget={setForgetting} />
      </AdminsOnly>
      {editing && <ProviderDialog editing={editing} onClose={() => setEditing(undefined)} />}
      {forgetting && <ForgetDialog provider={forgetting} onClose={() => setForgetting(undefined)} />}
    </SettingsFrame>
  );
}

interface TableProps {
  onSet: (editing: Editing) => void;
  onForget: (provider: Provider) => void;
}

function providerColumns({ onSet, onForget }: TableProps): Column<Row>[] {
  return [
    {
      key: "name",
      title: "Provider",
      cell: ({ name, provider }) => (
        <div className="min-w-0">
          <span className="font-medium">{PROVIDERS[name] ?? <code className="font-mono text-sm wrap-anywhere">{name}</code>}</span>
          <div className="text-sm wrap-anywhere text-muted">{provider?.base_url ?? (name in PROVIDERS ? "its public address" : "")}</div>
        </div>
      ),
    },
    { key: "key", title: "Key", cell: ({ provider }) => (provider ? <code className="font-mono text-sm whitespace-nowrap">{provider.last_four ? `…${provider.last_four}` : "set"}</code> : <Badge>no key</Badge>) },
    { key: "models", title: "Models", wideOnly: true, cell: ({ name }) => <span className="text-muted">{name in PROVIDERS ? "by their own names" : <code className="font-mono text-sm">{name}/model</code>}</span> },
    { key: "changed", title: "Changed", numeric: true, wideOnly: true, cell: ({ provider }) => (provider ? <RelativeTime time={provider.updated_at} className="text-muted" /> : <span className="text-muted">–</span>) },
    {
      key: "actions",
      title: <span className="sr-only">Actions</span>,
      numeric: true,
      cell: ({ name, provider }) => (
        <span className="inline-flex flex-wrap justify-end gap-1.5">
          <Button size="small" aria-label={`${provider ? "Replace" : "Set key"}: ${PROVIDERS[name] ?? name}`} onClick={() => onSet({ name, provider })}>
            {provider ? "Replace" : "Set key"}
          </Button>
          {provider && (
            <Button size="small" kind="quiet" aria-label={`Forget: ${PROVIDERS[name] ?? name}`} onClick={() => onForget(provider)}>
              Forget
            </Button>
          )}
        </span>
      ),
    },
  ];
}

function ProviderTable({ onSet, onForget }: TableProps) {
  const list = useInfiniteQuery(providersQuery());
  if (list.isPending) return <SkeletonRows rows={3} label="Loading the providers" />;
  if (list.isError && !list.data) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  const set = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const known: Row[] = Object.keys(PROVIDERS).map((name) => ({ name, provider: set.find(({ provider }) => provider === name) ?? null }));
  const custom: Row[] = set.filter(({ provider }) => !(provider in PROVIDERS)).map((provider) => ({ name: provider.provider, provider }));
  return <DataTable label="Providers" columns={providerColumns({ onSet, onForget })} rows={[...known, ...custom]} rowKey={({ name }) => name} />;
}

function ProviderDialog({ editing: { name, provider }, onClose }: { editing: Editing; onClose: () => void }) {
  const isKnown = name !== null && name in PROVIDERS;
  const { busy, submit, fieldError, problem } = useSubmission(async (text) => {
    const wanted = name ?? text("provider");
    if (!wanted) throw new Error("Give the endpoint a name first.");
    await setProvider(wanted, { api_key: text("api_key"), ...(text("base_url") ? { base_url: text("base_url") } : {}) });
    notify(`The key of ${PROVIDERS[wanted] ?? wanted} is set`);
    onClose();
    void refreshProviders();
  });

  const title = name === null ? "Add an endpoint" : `${provider ? "Replace" : "Set"} the key of ${PROVIDERS[name] ?? name}`;
  return (
    <Dialog open onOpenChange={onClose} title={title} description={isKnown ? undefined : "Anything that speaks OpenAI’s interface."}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" noValidate>
        {name === null && (
          <Field label="Name" error={fieldError("provider")} hint="1 to 63 of a–z, 0–9 and -. Its models are called name/model.">
            {(control) => <Input {...control} name="provider" autoFocus autoCapitalize="none" className="font-mono" placeholder="our-models" />}
          </Field>
        )}
        <Field label="API key" error={fieldError("api_key")}>
          {(control) => <Input {...control} name="api_key" type="password" autoComplete="off" autoFocus={name !== null} className="font-mono" />}
        </Field>
        <Field label="Address" optional={isKnown} error={fieldError("base_url")} hint="With its version segment. https and public.">
          {(control) => <Input {...control} name="base_url" type="url" defaultValue={provider?.base_url ?? ""} placeholder={isKnown ? "Its public address" : "https://models.example.com/v1"} className="font-mono" />}
        </Field>
        {problem}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Save the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function ForgetDialog({ provider: { provider: name }, onClose }: { provider: Provider; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const forget = async () => {
    setBusy(true);
    try {
      await forgetProvider(name);
      notify(`The key of ${PROVIDERS[name] ?? name} is forgotten`);
      onClose();
      void refreshProviders();
    } catch (error) {
      notifyError("The key was not forgotten", error, { retry: () => void forget() });
      setBusy(false);
    }
  };
  return <ConfirmByName open onOpenChange={onClose} title={`Forget the key of ${PROVIDERS[name] ?? name}`} description="Its models stop answering within 5 s. This cannot be undone." name={name} action="Forget the key" busy={busy} onConfirm={() => void forget()} />;
}
