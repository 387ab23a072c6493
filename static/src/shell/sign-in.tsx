import { useEffect } from "react";
import { adoptKey, switchKey, useSession } from "@/api/session";
import { KeyForm } from "./key-form";
import { KnownKeys } from "./known-keys";

/** Asks for a key. What is shown afterwards is the page whose address stands there. */
export function SignIn() {
  const { keys } = useSession();
  useEffect(() => {
    document.title = "Sign in · PromptLab";
  }, []);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <img src="/favicon.svg" alt="" width={36} height={36} />
        <h1 className="mt-4 text-xl font-semibold tracking-tight">Sign in to PromptLab</h1>
        <p className="mt-1 mb-6 text-pretty text-muted">Paste an API key of your team. What you can do here is what the key may do.</p>
        <div className="flex flex-col gap-6">
          <KnownKeys keys={keys} onChoose={({ me }) => switchKey(me.key.id)} />
          <KeyForm
            action="Sign in"
            onKey={(given) => {
              adoptKey(given);
              return true;
            }}
          />
        </div>
        <p className="mt-6 text-sm text-muted">
          Running <code className="font-mono">make dev</code>? Your admin key is in <code className="font-mono">.dev/admin.key</code>. For programs there is the{" "}
          <a href="/docs" className="link underline">
            API documentation
          </a>
          .
        </p>
      </div>
    </main>
  );
}
