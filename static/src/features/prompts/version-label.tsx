import type { Prompt } from "@/api/types";
import { Badge } from "@/ui/badge";

/** Where a version is live. */
export function LiveBadges({ prompt, versionId }: { prompt: Prompt; versionId: string }) {
  const { production, staging } = prompt.pointers;
  return (
    <>
      {production?.version_id === versionId && <Badge tone="good">production</Badge>}
      {staging?.version_id === versionId && <Badge tone="accent">staging</Badge>}
    </>
  );
}
