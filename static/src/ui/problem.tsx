import { ApiError, detailOf } from "@/api/errors";
import { Notice } from "./badge";
import { CopyButton } from "./copy";

/** In a form: why it was not taken, and whose request it was. Nothing as long as nothing is wrong. */
export function Problem({ error }: { error: unknown }) {
  if (error === undefined || error === null) return null;
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <Notice tone="bad">
      <p className="wrap-anywhere">{detailOf(error)}</p>
      {requestId && (
        <p className="flex flex-wrap items-center gap-x-1 text-xs">
          Request <code className="min-w-0 font-mono wrap-anywhere">{requestId}</code>
          <CopyButton text={requestId} label="Copy the request id" className="text-bad! size-6!" />
        </p>
      )}
    </Notice>
  );
}
