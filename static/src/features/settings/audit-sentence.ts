/** Entries of the audit log as sentences: "promoted support/reply to v3 in production". */
import type { AuditEntry } from "@/api/types";

/** What stands before and after the name of what it was done to. */
export interface Sentence {
  before: string;
  after: string;
}

const DID: Record<string, string> = {
  "prompt.create": "created the prompt",
  "prompt.update": "changed the details of",
  "prompt.archive": "archived",
  "prompt.restore": "restored",
  "prompt.promote": "promoted",
  "prompt.rollback": "rolled back",
  "collection.create": "created the collection",
  "collection.update": "changed the collection",
  "collection.delete": "deleted the collection",
  "experiment.create": "started the experiment",
  "experiment.change": "changed the experiment",
  "experiment.kill": "killed the experiment",
  "experiment.pause": "paused the experiment",
  "experiment.resume": "resumed the experiment",
  "experiment.stop": "stopped the experiment",
  "experiments.kill_all": "turned all experiments off in",
  "experiments.resume_all": "turned all experiments on again in",
  "canary.create": "started the canary",
  "canary.promote": "completed the canary",
  "canary.rollback": "took back the canary",
  "canary.pause": "paused the canary",
  "canary.resume": "resumed the canary",
  "conversation.rename": "renamed the conversation",
  "conversation.delete": "deleted the conversation",
  "key.create": "made the key",
  "key.rotate": "rotated the key",
  "key.revoke": "revoked the key",
  "provider.set": "set the key of the provider",
  "provider.delete": "forgot the key of the provider",
  "team.create": "added the team",
  "team.settings": "changed the settings of the team",
  "user.create": "added the user",
};

type Detail = Record<string, unknown>;

const detailOf = ({ detail }: AuditEntry): Detail => (typeof detail === "object" && detail !== null ? (detail as Detail) : {});
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** The numbers of versions, as far as entries about their making tell. */
export function versionNumbers(entries: readonly AuditEntry[]): ReadonlyMap<string, number> {
  const numbers = entries.flatMap((entry) => {
    const { version_id: id, version_number: number } = detailOf(entry);
    return typeof id === "string" && typeof number === "number" ? [[id, number] as const] : [];
  });
  return new Map(numbers);
}

/** An action that is not known here is said as the API calls it. */
export function sentenceOf(entry: AuditEntry, numbers: ReadonlyMap<string, number>): Sentence {
  const { action } = entry;
  const detail = detailOf(entry);
  if (action === "version.create") return { before: `saved version ${String(detail["version_number"])} of`, after: "" };
  const number = numbers.get(text(detail["version_id"]) ?? "");
  const environment = text(detail["environment"]);
  const isMove = action === "prompt.promote" || action === "prompt.rollback";
  const role = action === "key.create" ? text(detail["role"]) : undefined;
  const after = [isMove && number !== undefined && `to v${number}`, environment && `in ${environment}`, role && `with the role ${role}`];
  return { before: DID[action] ?? action, after: after.filter(Boolean).join(" ") };
}
