import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { sentence } from "@/api/errors";
import { percent } from "@/lib/format";
import { useRested } from "@/lib/rested";
import { Badge } from "@/ui/badge";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import type { Assignment, Experiment } from "./model";
import { assignmentQuery } from "./queries";

/** Which variant a user gets, and why. */
export function AssignmentLookup({ experiment }: { experiment: Experiment }) {
  const [user, setUser] = useState("");
  const asked = useRested(user.trim());
  const found = useQuery(assignmentQuery(experiment.id, asked, experiment.revision));
  return (
    <Section title="Who gets what">
      <Field label="User id" hint="As the application sends it. Looking does not count as an exposure." error={found.isError ? found.error.message : undefined}>
        {(control) => <Input {...control} maxLength={256} value={user} onChange={(event) => setUser(event.target.value)} className="max-w-sm font-mono text-sm" />}
      </Field>
      {asked !== "" && asked === user.trim() && found.data && <Explanation assignment={found.data} experiment={experiment} />}
    </Section>
  );
}

/** A sentence. A variant's name that begins it is written as it is. */
function whyOf({ why, variant }: Assignment): string {
  const said = sentence(why);
  return variant !== null && why.startsWith(`${variant} `) ? variant + said.slice(variant.length) : said;
}

function Explanation({ assignment, experiment }: { assignment: Assignment; experiment: Experiment }) {
  const version = experiment.variants.find(({ name }) => name === assignment.variant)?.version_number;
  const scored = assignment.scores.some(({ score }) => score !== null);
  return (
    <div className="card mt-3 flex flex-col gap-2 p-3" role="status">
      <p className="flex flex-wrap items-center gap-2">
        <span dir="auto" className="font-semibold">
          {assignment.variant ?? "What is live"}
        </span>
        {version && <Badge>v{version}</Badge>}
        <Badge tone={assignment.assignment === "experiment" ? "accent" : "neutral"}>{assignment.assignment}</Badge>
      </p>
      <p>{whyOf(assignment)}</p>
      {assignment.bucket !== null && (
        <p className="tabular text-sm text-muted">
          Bucket {assignment.bucket} of 10,000: {assignment.included ? "takes part" : "does not take part"} at {percent(assignment.coverage, 0)} coverage.
        </p>
      )}
      {scored && (
        <ul className="tabular flex flex-wrap gap-x-4 text-sm text-muted">
          {assignment.scores.map(({ variant, score, weight }) => (
            <li key={variant}>
              <span dir="auto">{variant}</span> {percent(weight, 0)}: score {score === null ? "–" : score.toPrecision(3)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
