import { Eye, EyeOff } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { ApiError } from "@/api/errors";
import { adoptKey, useSession } from "@/api/session";
import type { Me } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { Checkbox, Field, Input } from "@/ui/field";

function explain(error: unknown): string {
  if (error instanceof ApiError && error.status === 401) return "This key does not work: it is mistyped, has expired or was revoked.";
  return error instanceof Error ? error.message : "Something unexpected happened.";
}

/** Takes a key, asks the server whose it is, and puts it into use. */
export function KeyForm({ action, onDone }: { action: string; onDone?: () => void }) {
  const { kept: wasKept } = useSession();
  const [shown, setShown] = useState(false);
  const [kept, setKept] = useState(wasKept);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const given = new FormData(event.currentTarget).get("key");
    const key = typeof given === "string" ? given.trim() : "";
    if (!key) return setError("Paste a key first.");
    // A header cannot carry it, so that asking would look like a server that is away.
    if (/[^\x20-\x7e]/.test(key)) return setError("This key does not work: a key has only letters from A to Z, digits and _. Copy it anew.");
    setBusy(true);
    setError(undefined);
    try {
      adoptKey({ key, me: await api.get<Me>("/api/me", { key }) }, kept);
      onDone?.();
    } catch (failure) {
      setError(explain(failure));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" noValidate>
      <Field label="API key" error={error}>
        {(control) => (
          <div className="relative">
            <Input {...control} name="key" type={shown ? "text" : "password"} autoFocus autoCapitalize="none" placeholder="pl_…" className="h-9 pe-10 font-mono" />
            <IconButton label={shown ? "Hide the key" : "Show the key"} icon={shown ? EyeOff : Eye} aria-pressed={shown} onClick={() => setShown(!shown)} className="absolute end-1 top-1" />
          </div>
        )}
      </Field>
      <Checkbox checked={kept} onChange={(event) => setKept(event.target.checked)} label={<>Keep it for this tab <span className="text-muted">– or a reload asks for it again. A new tab always does: keys are not passed on between tabs, and nothing is left when this one is closed.</span></>} />
      <Button type="submit" kind="primary" busy={busy} className="h-9 w-full">
        {action}
      </Button>
    </form>
  );
}
