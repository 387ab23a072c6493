import { KeyRound } from "lucide-react";
import { useState } from "react";
import { usePermission } from "@/api/session";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { Field, Input } from "@/ui/field";
import { createKey, refreshKeys } from "./queries";
import { useSubmission } from "./submission";

/** Makes a key for an application where it is needed, and shows it this once, ready for a shell. */
export function RuntimeKey() {
  const { reason } = usePermission("admin");
  const [secret, setSecret] = useState<string>();
  const { busy, submit, fieldError, problem } = useSubmission(async (text) => {
    const { key } = await createKey({ name: text("name"), role: "runtime" });
    void refreshKeys();
    setSecret(key);
  });
  if (reason) return <p className="text-sm text-muted">An admin of your team makes keys for applications.</p>;
  if (secret !== undefined) {
    return (
      <div className="flex flex-col gap-1.5">
        <CodeBlock code={`export PROMPTLAB_KEY=${secret}`} label="new key" wrap />
        <p role="status" className="text-sm text-muted">
          Copy it now: it is shown this once and kept nowhere.
        </p>
      </div>
    );
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-2">
      <div className="flex items-end gap-2">
        <Field label="Name of the application" error={fieldError("name")} className="flex-1">
          {(control) => <Input {...control} name="name" dir="auto" defaultValue="my application" />}
        </Field>
        <Button type="submit" icon={KeyRound} busy={busy} className={fieldError("name") ? "mb-6" : ""}>
          Make a key
        </Button>
      </div>
      {problem}
    </form>
  );
}
