import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/errors";
import { Problem } from "@/ui/problem";

interface Submission {
  busy: boolean;
  submit: (event: FormEvent<HTMLFormElement>) => Promise<void>;
  /** What the server says is wrong with a field. */
  fieldError: (name: string) => string | undefined;
  /** What is wrong besides, if anything is. */
  problem: React.ReactNode;
}

/** A form that is read when it is sent. `send` gets a field's text by its name; what it throws is shown, and the form stays. */
export function useSubmission(send: (text: (name: string) => string) => Promise<void>): Submission {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    const text = (name: string) => {
      const value = form.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    setBusy(true);
    setError(undefined);
    try {
      await send(text);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const isOfFields = error instanceof ApiError && error.fields.length > 0;
  return {
    busy,
    submit,
    fieldError: (name) => (error instanceof ApiError ? error.field(name) : undefined),
    problem: <Problem error={isOfFields ? undefined : error} />,
  };
}
