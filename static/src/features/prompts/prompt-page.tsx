import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Archive, ArchiveRestore, EllipsisVertical, History, Pencil, Rocket, Settings2, Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { isNotFound } from "@/api/errors";
import { promptQuery } from "@/api/queries";
import { queryClient } from "@/api/query-client";
import { usePermission } from "@/api/session";
import type { Environment, Prompt, Version } from "@/api/types";
import { curlCommand } from "@/lib/curl";
import { PAGES, useSearchState } from "@/lib/search-state";
import { type PromptTab, paths, withParams } from "@/paths";
import { useShortcuts } from "@/shell/shortcuts";
import { Badge, Notice } from "@/ui/badge";
import { Button, ButtonLink, IconButton } from "@/ui/button";
import { ConfirmByName } from "@/ui/dialog";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { Page, TabLinks } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { notify, notifyError } from "@/ui/toast";
import { ConfigView, ContentView } from "./content-view";
import { DetailsDialog } from "./details-dialog";
import { MoveDialog, type MoveIntent } from "./move-dialog";
import { archive, historyQuery, refreshPrompts, restore, versionQuery, versionsQuery } from "./queries";
import { Timeline, type VersionList, VersionSelect } from "./timeline";
import { UseTab } from "./use-tab";

const PromptExperiments = lazy(async () => ({ default: (await import("../experiments/prompt-experiments")).PromptExperiments }));
const PromptMetrics = lazy(async () => ({ default: (await import("../analytics/prompt-metrics")).PromptMetrics }));

const TABS: { tab: PromptTab; title: string }[] = [
  { tab: "prompt", title: "Prompt" },
  { tab: "config", title: "Config" },
  { tab: "experiments", title: "Experiments" },
  { tab: "metrics", title: "Metrics" },
  { tab: "use", title: "Use" },
];

/** A prompt: its versions, what they say, where they are live, and what can be done with them. */
export function PromptPage() {
  const { prompt: name = "" } = useParams();
  const prompt = useQuery(promptQuery(name));
  if (prompt.data) return <LoadedPrompt key={prompt.data.id} prompt={prompt.data} />;
  return (
    <Page title={<span className="font-mono">{name}</span>} documentTitle={name} back={<Link to={paths.prompts()} className="hover:underline">Prompts</Link>}>
      {prompt.isError ? (
        <ErrorState error={prompt.error} list={{ to: paths.prompts(), says: "Show all prompts" }} onRetry={() => void prompt.refetch()} title={isNotFound(prompt.error) ? "There is no such prompt" : undefined} />
      ) : (
        <div className="flex flex-col gap-4" role="status" aria-label="Loading the prompt">
          <Skeleton className="h-8 w-80" />
          <Skeleton className="h-64 w-full" />
        </div>
      )}
    </Page>
  );
}

function LoadedPrompt({ prompt }: { prompt: Prompt }) {
  const params = useParams();
  const tab = TABS.find((each) => each.tab === params["tab"])?.tab ?? "prompt";
  const [{ version: chosen, pages }, setState] = useSearchState({ version: "", ...PAGES });
  const [intent, setIntent] = useState<MoveIntent | null>(null);
  const list = useInfiniteQuery(versionsQuery(prompt.name));
  const versions = list.data?.pages.flatMap(({ data }) => data) ?? [];
  const wanted = chosen || String(prompt.pointers.production?.version_number ?? prompt.latest_version_number ?? "");
  const listed = versions.find(({ version_number }) => String(version_number) === wanted);
  const fetched = useQuery({ ...versionQuery(prompt.name, wanted), enabled: wanted !== "" && !listed && !list.isPending });
  const selected = listed ?? fetched.data;

  const step = (by: 1 | -1) => {
    const next = versions[versions.findIndex(({ version_id }) => version_id === selected?.version_id) + by];
    if (next) setState({ version: String(next.version_number), pages }, { typing: true });
  };
  useShortcuts({ j: () => step(1), k: () => step(-1) });

  const startMove = (action: MoveIntent["action"], environment: Environment, target: Version | undefined) => target && setIntent({ action, environment, target });
  const startRollback = async () => {
    try {
      const target = await previouslyLive(prompt);
      if (target) setIntent({ action: "rollback", environment: "production", target });
      else notify("There is nothing to go back to", { description: "This is the first version that was ever live in production." });
    } catch (error) {
      notifyError("The history could not be loaded", error);
    }
  };
  const suffix = chosen ? `?version=${encodeURIComponent(chosen)}` : "";
  return (
    <Page
      title={<span className="font-mono text-lg">{prompt.name}</span>}
      documentTitle={prompt.name}
      description={prompt.description || undefined}
      badges={<Pointers prompt={prompt} />}
      back={<Link to={paths.prompts()} className="hover:underline">Prompts</Link>}
      actions={<Actions prompt={prompt} selected={selected} latest={versions[0]} onRollback={() => void startRollback()} onMove={startMove} />}
      tabs={<TabLinks label="Parts of the prompt" tabs={TABS.map(({ tab: each, title }) => ({ to: paths.prompt(prompt.name, each) + (each === "prompt" || each === "config" ? suffix : ""), title }))} />}
    >
      {prompt.archived && <ArchivedNotice prompt={prompt} />}
      <div className="pt-5">
        {(tab === "prompt" || tab === "config") && (
          <VersionArea prompt={prompt} tab={tab} list={list} versions={versions} selected={selected} error={list.error ?? fetched.error} />
        )}
        {tab === "use" && <UseTab prompt={prompt} onPromote={() => startMove("promote", "production", selected)} />}
        <Suspense fallback={<Skeleton className="h-64 w-full" />}>
          {tab === "experiments" && <PromptExperiments prompt={prompt} />}
          {tab === "metrics" && <PromptMetrics prompt={prompt} />}
        </Suspense>
      </div>
      <MoveDialog prompt={prompt} intent={intent} versions={versions} onIntent={setIntent} />
    </Page>
  );
}

/** What was live in production before what is live now. */
async function previouslyLive(prompt: Prompt): Promise<Version | null> {
  const history = await queryClient.fetchInfiniteQuery(historyQuery(prompt.name, "production"));
  const previous = history.pages[0]?.data[0]?.previous_version_id;
  return previous ? queryClient.fetchQuery(versionQuery(prompt.name, previous)) : null;
}

function Pointers({ prompt }: { prompt: Prompt }) {
  const { production, staging } = prompt.pointers;
  return (
    <>
      {production ? <Badge tone="good">production v{production.version_number}</Badge> : <Badge tone="warn">not in production</Badge>}
      {staging && <Badge tone="accent">staging v{staging.version_number}</Badge>}
      {prompt.tags.map((tag) => (
        <Badge key={tag}>{tag}</Badge>
      ))}
    </>
  );
}

interface ActionsProps {
  prompt: Prompt;
  selected: Version | undefined;
  /** What is promoted when the selected version is live already. */
  latest: Version | undefined;
  onRollback: () => void;
  onMove: (action: MoveIntent["action"], environment: Environment, target: Version | undefined) => unknown;
}

/** All of them fit into one row of a phone without their pictures. */
const NARROW = "max-sm:[&>svg]:hidden";

function Actions({ prompt, selected, latest, onRollback, onMove }: ActionsProps) {
  const edit = usePermission("editor");
  const navigate = useNavigate();
  const [open, setOpen] = useState<"details" | "archive" | null>(null);
  const isLive = prompt.pointers.production !== null;
  const publish = usePermission("publisher");
  const archiving = isLive ? publish.reason : edit.reason;
  const promoteEnvironment: Environment = publish.allowed ? "production" : "staging";
  const candidate = selected?.version_id === prompt.pointers[promoteEnvironment]?.version_id ? (latest ?? selected) : selected;
  const liveAlready = candidate !== undefined && candidate.version_id === prompt.pointers[promoteEnvironment]?.version_id;
  const noVersion = prompt.latest_version_number === null ? "There is no version yet." : undefined;
  return (
    <>
      {edit.allowed && !prompt.archived ? (
        <ButtonLink to={withParams(paths.promptEdit(prompt.name), { from: selected?.version_number })} icon={Pencil} kind={liveAlready ? "primary" : "secondary"}>
          Edit
        </ButtonLink>
      ) : (
        <Button icon={Pencil} reason={edit.reason ?? "Restore the prompt first."}>
          Edit
        </Button>
      )}
      {isLive && (
        <Button icon={Undo2} reason={publish.reason} onClick={onRollback} className={NARROW}>
          Roll back
        </Button>
      )}
      <Button kind={liveAlready ? "secondary" : "primary"} icon={Rocket} reason={edit.reason ?? noVersion ?? (prompt.archived ? "Restore the prompt first." : undefined)} onClick={() => onMove("promote", promoteEnvironment, candidate)} className={NARROW}>
        {candidate ? `Promote v${candidate.version_number}` : "Promote"}
      </Button>
      <ButtonLink to={paths.promptHistory(prompt.name)} icon={History} kind="quiet" className="max-sm:hidden">
        History
      </ButtonLink>
      <Menu trigger={<IconButton label="More" icon={EllipsisVertical} />}>
        <MenuItem icon={History} onSelect={() => void navigate(paths.promptHistory(prompt.name))}>
          History
        </MenuItem>
        <MenuItem icon={Settings2} reason={edit.reason} onSelect={() => setOpen("details")}>
          Name, tags, collection
        </MenuItem>
        <MenuLine />
        {prompt.archived ? (
          <MenuItem icon={ArchiveRestore} reason={archiving} onSelect={() => void setArchived(prompt, false)}>
            Restore
          </MenuItem>
        ) : (
          <MenuItem icon={Archive} danger reason={archiving} onSelect={() => (isUsed(prompt) ? setOpen("archive") : void setArchived(prompt, true))}>
            Archive
          </MenuItem>
        )}
      </Menu>
      {open === "details" && <DetailsDialog prompt={prompt} onClose={() => setOpen(null)} />}
      <ConfirmByName
        open={open === "archive"}
        onOpenChange={() => setOpen(null)}
        title="Archive a prompt that is live?"
        description={<Consequence prompt={prompt} />}
        name={prompt.name}
        action="Archive"
        onConfirm={() => {
          setOpen(null);
          void setArchived(prompt, true);
        }}
      />
    </>
  );
}

/** Whether anything resolves it: archiving it would be noticed. */
const isUsed = ({ pointers }: Prompt): boolean => pointers.production !== null || pointers.staging !== null;

function Consequence({ prompt: { pointers } }: { prompt: Prompt }) {
  const live = [pointers.production && `production v${pointers.production.version_number}`, pointers.staging && `staging v${pointers.staging.version_number}`].filter(Boolean).join(" and ");
  return (
    <>
      Applications that resolve {live} get 404 within 5 s, and experiments on it assign nobody. Its versions and history are kept; restoring it makes live what was live.
    </>
  );
}

async function setArchived(prompt: Prompt, archived: boolean): Promise<void> {
  try {
    await (archived ? archive(prompt.id) : restore(prompt.id));
    await refreshPrompts();
    const undo = () => void setArchived(prompt, !archived);
    const live = prompt.pointers.production ? (archived ? "Resolving it stops within 5 s." : "What was live is live again.") : undefined;
    notify(archived ? `${prompt.name} is archived` : `${prompt.name} is restored`, { undo, ...(live ? { description: live } : {}) });
  } catch (error) {
    notifyError(archived ? "Archiving failed" : "Restoring failed", error);
  }
}

function ArchivedNotice({ prompt }: { prompt: Prompt }) {
  const { reason } = usePermission(prompt.pointers.production ? "publisher" : "editor");
  return (
    <div className="pt-4">
      <Notice
        tone="warn"
        action={
          <Button size="small" reason={reason} onClick={() => void setArchived(prompt, false)}>
            Restore
          </Button>
        }
      >
        This prompt is archived: resolving it answers 404. Its versions and history are kept.
      </Notice>
    </div>
  );
}

interface VersionAreaProps {
  prompt: Prompt;
  tab: "prompt" | "config";
  list: VersionList & { refetch: () => unknown };
  versions: Version[];
  selected: Version | undefined;
  error: Error | null;
}

function VersionArea({ prompt, tab, list, versions, selected, error }: VersionAreaProps) {
  const edit = usePermission("editor");
  if (prompt.latest_version_number === null) {
    return (
      <EmptyState
        icon={Pencil}
        title="No version yet"
        action={edit.allowed ? <ButtonLink kind="primary" to={paths.promptEdit(prompt.name)}>Write the first version</ButtonLink> : undefined}
        curl={curlCommand(`/api/prompts/${encodeURIComponent(prompt.name)}/versions`, { template_text: "Greet {{ name }} in one sentence.", model_id: "offline" })}
      >
        A version is the text, the model and its parameters. It never changes; the next edit makes the next version.
      </EmptyState>
    );
  }
  if (error && !selected) return <ErrorState error={error} list={{ to: paths.prompts(), says: "Show all prompts" }} onRetry={() => void list.refetch()} title={isNotFound(error) ? "There is no such version" : undefined} />;
  if (!selected) {
    return (
      <div role="status" aria-label="Loading the versions" className="grid gap-6 lg:grid-cols-[16rem_minmax(0,1fr)]">
        <Skeleton className="h-64" />
        <Skeleton className="h-64" />
      </div>
    );
  }
  return (
    <div className="grid gap-x-8 gap-y-5 lg:grid-cols-[16rem_minmax(0,1fr)]">
      <div className="lg:hidden">
        <VersionSelect prompt={prompt} versions={versions} selected={selected} list={list} />
      </div>
      <div className="max-lg:hidden lg:sticky lg:top-4 lg:flex lg:max-h-[calc(100dvh-2rem)] lg:flex-col lg:self-start">
        <Timeline prompt={prompt} versions={versions} selected={selected} list={list} />
      </div>
      <div className="min-w-0">
        <VersionHead prompt={prompt} version={selected} />
        {tab === "prompt" ? <ContentView version={selected} /> : <ConfigView version={selected} />}
      </div>
    </div>
  );
}

function VersionHead({ prompt, version }: { prompt: Prompt; version: Version }) {
  const live = prompt.pointers.production;
  const other = live && live.version_id !== version.version_id ? live.version_number : version.version_number - 1;
  const pair = { from: Math.min(other, version.version_number), to: Math.max(other, version.version_number) };
  return (
    <div className="mb-3 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
      <h2 dir="auto" className="min-w-0 flex-1 font-semibold break-words">
        <span className="tabular">v{version.version_number}</span>
        {version.commit_message && <span className="font-normal text-muted"> · {version.commit_message}</span>}
      </h2>
      {other >= 1 && (
        <Link to={withParams(paths.promptDiff(prompt.name), pair)} className="link text-sm">
          {other === live?.version_number ? `Compare with production, v${other}` : `Compare with v${other}`}
        </Link>
      )}
    </div>
  );
}
