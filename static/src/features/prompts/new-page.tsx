import { Page } from "@/ui/page";

export function NewPromptPage() {
  return <Page title="New prompt">{null}</Page>;
}
