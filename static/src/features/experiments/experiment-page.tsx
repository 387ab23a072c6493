import { Page } from "@/ui/page";

export function ExperimentPage() {
  return <Page title="Experiment">{null}</Page>;
}
