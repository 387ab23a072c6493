import { ShieldAlert } from "lucide-react";
import type { ReactNode } from "react";
import { usePermission } from "@/api/session";
import { SETTINGS } from "@/shell/settings-parts";
import { Page, TabLinks } from "@/ui/page";
import { EmptyState } from "@/ui/states";

interface FrameProps {
  /** Which part of the settings this is. */
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** What the pages of the settings share: one heading, one tab for each. */
export function SettingsFrame({ title, actions, children }: FrameProps) {
  return (
    <Page title="Settings" documentTitle={`${title} · Settings`} actions={actions} tabs={<TabLinks label="Parts of the settings" tabs={SETTINGS} />}>
      <div className="pt-5">{children}</div>
    </Page>
  );
}

/** For what only admins may see: shown to them, explained to others. */
export function AdminsOnly({ what, children }: { what: string; children: ReactNode }) {
  const { allowed, reason } = usePermission("admin");
  if (allowed) return children;
  return (
    <EmptyState icon={ShieldAlert} title={`${what} are for admins`}>
      {reason} Ask an admin of your team, or switch to an admin key below the navigation.
    </EmptyState>
  );
}
