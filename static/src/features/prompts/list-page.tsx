import { Page } from "@/ui/page";

export function PromptListPage() {
  return <Page title="Prompts">{null}</Page>;
}
