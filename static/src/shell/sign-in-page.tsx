import { useEffect } from "react";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { useSession } from "@/api/session";
import { paths } from "@/paths";
import { KeyForm } from "./key-form";

/** Where to go afterwards: only ever within this application. */
function safeNext(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : paths.prompts();
}

export function SignInPage() {
  const { active } = useSession();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const next = safeNext(params.get("next"));
  useEffect(() => {
    document.title = "Sign in · PromptLab";
  }, []);
  if (active) return <Navigate to={next} replace />;
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <img src="/favicon.svg" alt="" width={36} height={36} />
        <h1 className="mt-4 text-xl font-semibold tracking-tight">Sign in to PromptLab</h1>
        <p className="mt-1 mb-6 text-pretty text-muted">Paste an API key of your team. What you can do here is what the key may do.</p>
        <KeyForm action="Sign in" onDone={() => void navigate(next, { replace: true })} />
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
