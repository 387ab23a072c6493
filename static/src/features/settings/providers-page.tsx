import { Page } from "@/ui/page";

export function ProvidersPage() {
  return <Page title="Providers">{null}</Page>;
}
