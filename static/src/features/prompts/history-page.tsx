import { Page } from "@/ui/page";

export function PromptHistoryPage() {
  return <Page title="History">{null}</Page>;
}
