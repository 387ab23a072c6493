import { useState } from "react";
import { ROLES } from "@/api/session";
import type { KeyWithSecret, Role } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { LIFETIMES } from "./key-state";
import { createKey, refreshKeys } from "./queries";
import { useSubmission } from "./submission";

const MAY: Record<Role, string> = {
  runtime: "Resolve, chat, feedback, ingest. For applications.",
  viewer: "Also read everything but keys.",
  editor: "Also write drafts, move staging, experiment in staging.",
  publisher: "Also change what production serves.",
  admin: "Also keys, providers, teams and settings.",
};

/** Asks what a new key is for, and makes it. */
export function NewKeyDialog({ onClose, onCreated }: { onClose: () => void; onCreated: (key: KeyWithSecret) => void }) {
  const [role, setRole] = useState<Role>("runtime");
  // What is sent again after a lost answer is the same to the letter, so that no second key is made.
  const [opened] = useState(() => Date.now());
  const { busy, submit, fieldError, problem } = useSubmission(async (text) => {
    const lifetime = Number(text("lifetime"));
    const rate = text("rate");
    const created = await createKey({
      name: text("name"),
      role,
      ...(text("user_name") ? { user_name: text("user_name") } : {}),
      ...(lifetime > 0 ? { expires_at: new Date(opened + lifetime * 1000).toISOString() } : {}),
      ...(rate ? { chat_requests_per_hour: Number(rate) } : {}),
    });
    void refreshKeys();
    onCreated(created);
  });

  return (
    <Dialog open onOpenChange={onClose} title="New key">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" noValidate>
        <Field label="Name" error={fieldError("name")} hint="Where it is used: you will look for it here when it has to go.">
          {(control) => <Input {...control} name="name" dir="auto" autoFocus placeholder="checkout service" />}
        </Field>
        <Field label="Role" hint={MAY[role]} error={fieldError("role")}>
          {(control) => (
            <Select {...control} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {ROLES.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Expires" error={fieldError("expires_at")}>
            {(control) => (
              <Select {...control} name="lifetime" defaultValue="0">
                {LIFETIMES.map(({ seconds, label }) => (
                  <option key={seconds} value={seconds}>
                    {label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Chat requests an hour" optional error={fieldError("chat_requests_per_hour")}>
            {(control) => <Input {...control} name="rate" type="number" min={0} inputMode="numeric" placeholder="As installed" />}
          </Field>
        </div>
        <Field label="User" optional hint="Whose it is, in the audit log. Yours without a name." error={fieldError("user_name")}>
          {(control) => <Input {...control} name="user_name" dir="auto" />}
        </Field>
        {problem}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Create the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
