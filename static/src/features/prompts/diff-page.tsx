import { Page } from "@/ui/page";

export function PromptDiffPage() {
  return <Page title="Compare">{null}</Page>;
}
