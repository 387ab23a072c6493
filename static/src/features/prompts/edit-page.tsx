import { Page } from "@/ui/page";

export function EditPromptPage() {
  return <Page title="Edit">{null}</Page>;
}
