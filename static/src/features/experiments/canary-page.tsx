import { Page } from "@/ui/page";

export function CanaryPage() {
  return <Page title="Canary">{null}</Page>;
}
