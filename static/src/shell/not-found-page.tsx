import { SearchX } from "lucide-react";
import { useLocation } from "react-router";
import { paths } from "@/paths";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";

export function NotFoundPage() {
  const { pathname } = useLocation();
  return (
    <Page title="Not found">
      <EmptyState icon={SearchX} title="There is no such page" action={<ButtonLink to={paths.prompts()}>Go to the prompts</ButtonLink>}>
        <code className="font-mono break-all">{pathname}</code>
      </EmptyState>
    </Page>
  );
}
