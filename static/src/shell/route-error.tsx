import { isRouteErrorResponse, Link, useRouteError } from "react-router";
import { paths } from "@/paths";
import { ErrorState } from "@/ui/states";

/** A new version was deployed while this page was open: its old parts are gone from the server. */
const isStale = (error: unknown): boolean => error instanceof TypeError && /dynamically imported module|module script/i.test(error.message);

function reload(): void {
  location.reload();
}

/** In place of a page that failed; the navigation stays. */
export function PageError() {
  const error = useRouteError();
  if (isStale(error)) return <ErrorState error={new Error("A part of the page is missing: either the server cannot be reached, or a new version was installed.")} onRetry={reload} title="This page could not be loaded" />;
  return <ErrorState error={error} onRetry={reload} title="This page failed" />;
}

/** In place of everything. */
export function ShellError() {
  const error = useRouteError();
  const shown = isRouteErrorResponse(error) ? new Error(`${error.status} ${error.statusText}`) : error;
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center">
      <ErrorState error={shown} onRetry={reload} title="PromptLab failed" />
      <Link to={paths.home()} className="link">
        Go to the start
      </Link>
    </main>
  );
}
