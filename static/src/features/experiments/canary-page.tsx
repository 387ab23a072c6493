import { useQuery } from "@tanstack/react-query";
import { Pause, Play, Rocket, Undo2 } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { isNotFound, sentence } from "@/api/errors";
import { usePermission } from "@/api/session";
import { count, percent } from "@/lib/format";
import { paths, withParams } from "@/paths";
import { Badge, Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { ConfirmByName } from "@/ui/dialog";
import { Page, Section } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { useAction, WITHIN } from "./actions";
import { CanaryTrack } from "./canary-track";
import { probability } from "./exposure-panel";
import { GuardrailTable } from "./guardrail-table";
import { EnvironmentBadge, roleToChange, StatusBadge, titleOf } from "./labels";
import { MainSwitchNotice } from "./main-switch";
import type { WatchedCanary } from "./model";
import { actOnCanary, canaryQuery } from "./queries";
import { TrialHistory } from "./trial-history";

const BACK = (
  <Link to={withParams(paths.experiments(), { kind: "canaries" })} className="hover:underline">
    Canaries
  </Link>
);

/** A canary: how far it is, what it waits for, and the switches. */
export function CanaryPage() {
  const { canary: id = "" } = useParams();
  const canary = useQuery(canaryQuery(id));
  if (canary.data) return <LoadedCanary canary={canary.data} />;
  return (
    <Page title="Canary" back={BACK}>
      {canary.isError ? (
        <ErrorState error={canary.error} list={{ to: paths.experiments(), says: "Show all experiments" }} onRetry={() => void canary.refetch()} title={isNotFound(canary.error) ? "There is no such canary" : undefined} />
      ) : (
        <Skeleton className="h-64 w-full" />
      )}
    </Page>
  );
}

function LoadedCanary({ canary }: { canary: WatchedCanary }) {
  const title = titleOf(canary);
  return (
    <Page
      title={title}
      documentTitle={`${title} · Canary`}
      back={BACK}
      badges={
        <>
          <StatusBadge trial={{ status: canary.state, all_killed: canary.all_killed }} />
          <EnvironmentBadge environment={canary.environment} />
          <Badge>v{canary.version_number ?? "?"}</Badge>
        </>
      }
      description={
        <span className="flex flex-wrap gap-x-4">
          <Link to={paths.prompt(canary.prompt_name, "experiments")} className="link font-mono text-sm">
            {canary.prompt_name}
          </Link>
          <span>compared with an equal share of users who get {canary.control_version_number === null ? "what is live" : `v${canary.control_version_number}`}</span>
          <span>
            began <RelativeTime time={canary.created_at} />
          </span>
        </span>
      }
    >
      <Switches canary={canary} />
      <div className="flex flex-col gap-8">
        <Situation canary={canary} />
        <CanaryTrack canary={canary} />
        <div className="grid gap-4 sm:grid-cols-3">
          {canary.exposures.map(({ variant, exposures }) => (
            <Figure key={variant} title={variant === "canary" ? "Users of the canary" : "Users to compare with"} value={count(exposures)} />
          ))}
          <Figure
            title="Traffic split"
            value={canary.srm.degrees_of_freedom === 0 ? "not checked yet" : canary.srm.alert ? "not as planned" : "as planned"}
            bad={canary.srm.alert}
            note={canary.share_in_two_arms > 0 ? `${percent(canary.share_in_two_arms, 2)} met both` : canary.srm.degrees_of_freedom > 0 ? `p ${probability(canary.srm.p_value)}` : undefined}
          />
        </div>
        <Section title="Guardrails">
          {canary.guardrail_outcomes.length > 0 ? <GuardrailTable outcomes={canary.guardrail_outcomes} /> : <p className="text-muted">None: it goes on by time and users alone.</p>}
        </Section>
        <Section title="History">
          <TrialHistory history={canary.history} />
        </Section>
      </div>
    </Page>
  );
}

function Figure({ title, value, note, bad = false }: { title: string; value: string; note?: string | undefined; bad?: boolean }) {
  return (
    <div className="card p-3">
      <p className="text-sm text-muted">{title}</p>
      <p className={`tabular text-lg font-semibold ${bad ? "text-bad" : ""}`}>{value}</p>
      {note && <p className="tabular text-sm text-muted">{note}</p>}
    </div>
  );
}

function Situation({ canary }: { canary: WatchedCanary }) {
  const why = canary.reason ? ` ${sentence(canary.reason)}` : "";
  return (
    <>
      {canary.all_killed && canary.waiting_for && <MainSwitchNotice />}
      {canary.state === "paused" && <Notice tone="warn">Paused at {canary.percent} %: users keep what they have, and it does not go on by itself.{why}</Notice>}
      {canary.state === "rolled_back" && <Notice tone="bad">Rolled back: everybody gets what was live before.{why}</Notice>}
      {canary.state === "completed" && <Notice tone="good">Completed: v{canary.version_number ?? "?"} is live for everybody.{why}</Notice>}
    </>
  );
}

function Switches({ canary }: { canary: WatchedCanary }) {
  const [open, setOpen] = useState<"promote" | "rollback" | null>(null);
  const { busy, run } = useAction();
  const { reason } = usePermission(roleToChange(canary.environment));
  const { id, state } = canary;
  const close = () => setOpen(null);
  if (state === "completed" || state === "rolled_back") return null;
  const resume = () => run(() => actOnCanary(id, "resume"), "The canary goes on", { description: "Its step begins anew.", failed: "Resuming failed" });
  const pause = () => run(() => actOnCanary(id, "pause"), "The canary is paused", { description: `It stays at ${canary.percent} %.`, undo: () => void resume(), failed: "Pausing failed" });
  const end = async (action: "promote" | "rollback") => {
    const said = action === "promote" ? `v${canary.version_number ?? "?"} is live for everybody` : "The canary is rolled back";
    if (await run(() => actOnCanary(id, action), said, { description: WITHIN, failed: action === "promote" ? "Promoting failed" : "Rolling back failed" })) close();
  };
  return (
    <div role="toolbar" aria-label="Switches of the canary" className="sticky top-(--top) z-20 -mx-4 mb-5 flex flex-wrap items-center gap-2 border-b border-line bg-ground/95 px-4 py-2 md:-mx-8 md:px-8">
      {state === "running" ? (
        <Button size="small" icon={Pause} busy={busy} reason={reason} onClick={() => void pause()}>
          Pause
        </Button>
      ) : (
        <Button size="small" icon={Play} busy={busy} reason={reason} onClick={() => void resume()}>
          Resume
        </Button>
      )}
      <Button size="small" icon={Rocket} reason={reason} onClick={() => setOpen("promote")}>
        Promote now
      </Button>
      <Button size="small" kind="danger" icon={Undo2} reason={reason} onClick={() => setOpen("rollback")} className="ms-auto">
        Roll back
      </Button>
      <ConfirmByName
        open={open === "promote"}
        onOpenChange={close}
        title={`Promote v${canary.version_number ?? "?"} now?`}
        description={`The remaining steps are left out: 100 % of ${canary.environment} traffic gets v${canary.version_number ?? "?"} within 5 s. The canary ends.`}
        name={titleOf(canary)}
        action="Promote now"
        busy={busy}
        onConfirm={() => void end("promote")}
      />
      <ConfirmByName
        open={open === "rollback"}
        onOpenChange={close}
        title="Roll back this canary?"
        description="Everybody gets what was live before, within 5 s. The canary ends; the version can be tried again with a new one."
        name={titleOf(canary)}
        action="Roll back"
        busy={busy}
        onConfirm={() => void end("rollback")}
      />
    </div>
  );
}
