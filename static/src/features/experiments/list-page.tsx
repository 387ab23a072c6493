import { Page } from "@/ui/page";

export function ExperimentListPage() {
  return <Page title="Experiments">{null}</Page>;
}
