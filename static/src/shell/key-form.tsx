import { Eye, EyeOff } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { ApiError } from "@/api/errors";
import { type KeyInUse, useSession } from "@/api/session";
import type { Me } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { Checkbox, Field, Input } from "@/ui/field";
import { Problem } from "@/ui/problem";

interface KeyFormProps {
  action: string;
  /** Puts the key into use, now that the server knows it; false if it is not to be after all. */
  onKey: (given: KeyInUse) => boolean | Promise<boolean>;
}

const MISTYPED = "This key does not work: it is mistyped, has expired or was revoked.";

/** Takes a key and asks the server whose it is. */
export function KeyForm({ action, onKey }: KeyFormProps) {
  const { active } = useSession();
  const [shown, setShown] = useState(false);
  const [kept, setKept] = useState(active?.kept ?? false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [problem, setProblem] = useState<unknown>();

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
    setProblem(undefined);
    try {
      await onKey({ key, me: await api.get<Me>("/api/me", { key }), kept });
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 401) setError(MISTYPED);
      else setProblem(failure);
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
      <Checkbox checked={kept} onChange={(event) => setKept(event.target.checked)} label={<>Keep it for this tab <span className="text-muted">– or a reload asks for it again. Tabs that you open next to this one have it too, and nothing is left when they are closed.</span></>} />
      <Problem error={problem} />
      <Button type="submit" kind="primary" busy={busy} className="h-9 w-full">
        {action}
      </Button>
    </form>
  );
}
