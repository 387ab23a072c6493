import { Page } from "@/ui/page";

export function PromptPage() {
  return <Page title="Prompt">{null}</Page>;
}
