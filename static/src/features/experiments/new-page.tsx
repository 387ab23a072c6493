import { Page } from "@/ui/page";

export function NewExperimentPage() {
  return <Page title="New experiment">{null}</Page>;
}
