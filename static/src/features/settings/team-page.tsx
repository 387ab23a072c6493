import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { usePermission, useSession } from "@/api/session";
import type { Team, TeamWithKey } from "@/api/types";
import { plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { LoadMore, Section } from "@/ui/page";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { type Column, DataTable } from "@/ui/table";
import { DateOf, RelativeTime, useNow } from "@/ui/time";
import { peopleOf, type Person } from "./key-state";
import { createTeam, keysQuery, refreshTeams, teamsQuery } from "./queries";
import { SecretDialog } from "./secret-dialog";
import { SettingsFrame } from "./settings-frame";
import { useSubmission } from "./submission";

/** Whose key this is, who else has one, and for those who run the installation its teams. */
export function TeamPage() {
  const me = useSession().active?.me;
  const { allowed } = usePermission("admin");
  if (!me) return null;
  return (
    <SettingsFrame title="Team">
      <div className="flex flex-col gap-8">
        <Section title={me.team.name}>
          <dl className="card grid grid-cols-[max-content_minmax(0,1fr)] items-center gap-x-6 gap-y-1.5 p-4">
            <Detail term="Team">
              <Id id={me.team.id} />
            </Detail>
            <Detail term="You are">
              <span dir="auto">{me.user.name}</span>
            </Detail>
            <Detail term="Your key">
              <span dir="auto">{me.key.name}</span> <Badge>{me.role}</Badge>
            </Detail>
            {me.key.expires_at && (
              <Detail term="It expires">
                <DateOf time={me.key.expires_at} />
              </Detail>
            )}
          </dl>
        </Section>
        {allowed ? <People /> : <p className="text-muted">Who else has a key of this team is for admins to see.</p>}
        {allowed && me.team.is_operator && <Teams own={me.team.id} />}
      </div>
    </SettingsFrame>
  );
}

const Detail = ({ term, children }: { term: string; children: ReactNode }) => (
  <>
    <dt className="text-muted">{term}</dt>
    <dd className="flex min-w-0 flex-wrap items-center gap-2 wrap-anywhere">{children}</dd>
  </>
);

const Id = ({ id }: { id: string }) => (
  <span className="inline-flex min-w-0 items-center gap-1">
    <code className="min-w-0 font-mono text-sm wrap-anywhere">{id}</code>
    <CopyButton text={id} label="Copy the team’s id" />
  </span>
);

const PEOPLE: Column<Person>[] = [
  {
    key: "name",
    title: "Name",
    cell: ({ name }) => (
      <span dir="auto" className="font-medium wrap-anywhere">
        {name}
      </span>
    ),
  },
  {
    key: "roles",
    title: "Roles",
    cell: ({ roles }) => (
      <span className="flex flex-wrap gap-1">
        {roles.map((role) => (
          <Badge key={role}>{role}</Badge>
        ))}
      </span>
    ),
  },
  { key: "keys", title: "Keys", numeric: true, wideOnly: true, cell: ({ keys }) => keys },
  { key: "used", title: "Last used", numeric: true, cell: ({ lastUsed }) => (lastUsed ? <RelativeTime time={lastUsed} className="text-muted" /> : <span className="text-muted">never</span>) },
];

function People() {
  const keys = useInfiniteQuery(keysQuery());
  const people = peopleOf(keys.data?.pages.flatMap(({ data }) => data) ?? [], useNow());
  return (
    <Section title="People and programs with a key">
      {keys.isPending && <SkeletonRows rows={3} label="Loading the people" />}
      {keys.isError && !keys.data && <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />}
      {people.length > 0 && <DataTable label="People and programs" columns={PEOPLE} rows={people} rowKey={({ id }) => id} />}
      {keys.hasNextPage && <p className="pt-2 text-sm text-muted">Of the newest {plural(keys.data?.pages.reduce((sum, { data }) => sum + data.length, 0) ?? 0, "key")}.</p>}
    </Section>
  );
}

function teamColumns(own: string): Column<Team>[] {
  return [
    {
      key: "name",
      title: "Name",
      cell: ({ id, name, is_operator }) => (
        <span>
          <span dir="auto" className="font-medium wrap-anywhere">
            {name}
          </span>
          {id === own && (
            <Badge tone="accent" className="ms-2">
              yours
            </Badge>
          )}
          {is_operator && <Badge className="ms-2">operator</Badge>}
        </span>
      ),
    },
    { key: "id", title: "Id", wideOnly: true, cell: ({ id }) => <code className="font-mono text-sm">{id}</code> },
    { key: "created", title: "Created", numeric: true, cell: ({ created_at }) => <RelativeTime time={created_at} className="text-muted" /> },
  ];
}

function Teams({ own }: { own: string }) {
  const teams = useInfiniteQuery(teamsQuery());
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<TeamWithKey>();
  const rows = teams.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Section
      title="Teams of this installation"
      actions={
        <Button size="small" icon={Plus} onClick={() => setCreating(true)}>
          New team
        </Button>
      }
    >
      <p className="mb-2 text-muted">Your team runs the installation. What teams have is theirs alone: you see their names and nothing else.</p>
      {teams.isPending && <SkeletonRows rows={3} label="Loading the teams" />}
      {teams.isError && !teams.data && <ErrorState error={teams.error} onRetry={() => void teams.refetch()} />}
      {rows.length > 0 && <DataTable label="Teams" columns={teamColumns(own)} rows={rows} rowKey={({ id }) => id} />}
      {rows.length > 0 && <LoadMore shown={rows.length} noun="team" query={teams} />}
      {creating && (
        <NewTeamDialog
          onClose={() => setCreating(false)}
          onCreated={(team) => {
            setCreating(false);
            setMade(team);
          }}
        />
      )}
      {made && (
        <SecretDialog title={`First key of “${made.name}”`} secret={made.key} onClose={() => setMade(undefined)}>
          <p className="text-muted">Give it to the team’s admin, {made.user_name}: with it they make all others.</p>
        </SecretDialog>
      )}
    </Section>
  );
}

function NewTeamDialog({ onClose, onCreated }: { onClose: () => void; onCreated: (team: TeamWithKey) => void }) {
  const { busy, submit, fieldError, problem } = useSubmission(async (text) => {
    const made = await createTeam({ name: text("name"), ...(text("user_name") ? { user_name: text("user_name") } : {}) });
    void refreshTeams();
    onCreated(made);
  });
  return (
    <Dialog open onOpenChange={onClose} title="New team" description="It begins with one user and one admin key.">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" noValidate>
        <Field label="Name" error={fieldError("name")}>
          {(control) => <Input {...control} name="name" dir="auto" autoFocus />}
        </Field>
        <Field label="First user" optional error={fieldError("user_name")}>
          {(control) => <Input {...control} name="user_name" dir="auto" placeholder="admin" />}
        </Field>
        {problem}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Create the team
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
