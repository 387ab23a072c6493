import { Page } from "@/ui/page";

export function TeamPage() {
  return <Page title="Team">{null}</Page>;
}
