import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { TeamSettings } from "@/api/types";
import { KeepDraft } from "@/shell/keep-draft";
import { keyName, useShortcuts } from "@/shell/shortcuts";
import { Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { notify } from "@/ui/toast";
import { FieldModes, ModeChoice } from "./mode-fields";
import { PatternRows } from "./pattern-rows";
import { readTeamSettings, saveTeamSettings, teamSettingsQuery } from "./queries";
import { filledRows, nameOfPart, type PatternRow, type RedactionDraft, settingsOf } from "./redaction";
import { AdminsOnly, SettingsFrame } from "./settings-frame";
import { useSubmission } from "./submission";
import { useRedactionDraft } from "./use-redaction-draft";

/** What becomes of personal data in what is kept and exported. */
export function PrivacyPage() {
  return (
    <SettingsFrame title="Privacy">
      <AdminsOnly what="Privacy settings">
        <Privacy />
      </AdminsOnly>
    </SettingsFrame>
  );
}

function Privacy() {
  const settings = useQuery(teamSettingsQuery());
  if (settings.data) return <PrivacyForm stored={settings.data} />;
  if (settings.isError) return <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />;
  return <PrivacySkeleton />;
}

const PrivacySkeleton = () => (
  <div role="status" aria-label="Loading the privacy settings" className="flex max-w-3xl flex-col gap-8">
    <Skeleton className="h-40 w-full" />
    <Skeleton className="h-56 w-full" />
    <Skeleton className="h-28 w-full" />
  </div>
);

function PrivacyForm({ stored }: { stored: TeamSettings }) {
  const { draft, change, isDirty, isBehind, beganWith, startOver, onSaved } = useRedactionDraft(stored);
  const [sent, setSent] = useState<PatternRow[]>([]);
  const { busy, submit, fieldError, problem } = useSubmission(async () => {
    if (!isDirty) return notify("Nothing has changed yet");
    // Who was told that it would replace what somebody else saved may do so.
    if (!isBehind && !beganWith(await readTeamSettings())) return;
    setSent(filledRows(draft));
    onSaved(await saveTeamSettings(settingsOf(draft)));
    notify("The privacy settings are saved", { description: "Everywhere within 30 s." });
  });
  const form = useRef<HTMLFormElement>(null);
  useShortcuts({ "mod+enter": () => form.current?.requestSubmit() });

  const errorOf = (id: number, part: "name" | "pattern") => fieldError(nameOfPart(sent, id, part));
  const isRefused = draft.rows.some(({ id }) => errorOf(id, "name") ?? errorOf(id, "pattern"));
  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate className="flex max-w-3xl flex-col gap-8">
      <Modes draft={draft} onChange={change} />
      <PatternRows draft={draft} onChange={change} error={fieldError("redaction.patterns")} errorOf={errorOf} />
      {isBehind && <ChangedMeanwhile onStartOver={startOver} />}
      {problem}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" kind="primary" busy={busy}>
          Save <kbd className="text-xs opacity-80">{keyName("⌘")}↵</kbd>
        </Button>
        {isRefused && (
          <span role="alert" className="text-sm text-bad">
            Something is not right yet: see above.
          </span>
        )}
      </div>
      <KeepDraft isDirty={() => isDirty} />
    </form>
  );
}

const ChangedMeanwhile = ({ onStartOver }: { onStartOver: () => void }) => (
  <Notice
    tone="warn"
    action={
      <Button size="small" onClick={onStartOver}>
        Start from theirs
      </Button>
    }
  >
    <strong className="font-medium">Somebody else saved these settings meanwhile.</strong> What you save replaces all of theirs.
  </Notice>
);

function Modes({ draft, onChange }: { draft: RedactionDraft; onChange: (changes: Partial<RedactionDraft>) => void }) {
  const { mode, fields } = draft;
  return (
    <>
      <Section title="Inferences and exports">
        <p className="mb-4 max-w-prose text-pretty text-muted">
          What becomes of personal data and secrets before an inference is kept, and in what is exported. Whatever you choose, numbers such as tokens and costs are counted. Inferences that are there already stay as they are.
        </p>
        <div className="flex flex-col gap-5">
          <ModeChoice
            legend="Everything"
            value={mode}
            onChange={(chosen) => onChange({ mode: chosen })}
            says={{ off: "kept as it is.", mask: "personal data and secrets become placeholders such as [email]. The default.", drop: "not kept at all." }}
          />
          <FieldModes draft={draft} onChange={onChange} />
        </div>
      </Section>
      <Section title="Conversations and comments">
        <p className="mb-4 max-w-prose text-pretty text-muted">Messages, titles, summaries, users, and comments of ratings. The answer that a user sees is never altered.</p>
        <ModeChoice
          legend="What is stored of them"
          value={fields.conversations || "off"}
          onChange={(chosen) => onChange({ fields: { ...fields, conversations: chosen === "off" ? "" : chosen } })}
          says={{
            off: "kept as it was said. The default, whatever is chosen above.",
            mask: "with placeholders: at the next turn the model, too, reads these.",
            drop: "not kept: at the next turn the model remembers nothing.",
          }}
        />
      </Section>
    </>
  );
}
