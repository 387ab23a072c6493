import { ChartNoAxesColumn, FlaskConical, History, KeyRound, type LucideIcon, MessagesSquare, Plug, ScrollText, Settings, Users } from "lucide-react";
import { paths } from "@/paths";

export interface Destination {
  title: string;
  to: string;
  icon: LucideIcon;
  /** After G. */
  key: string;
}

export const DESTINATIONS: Destination[] = [
  { title: "Prompts", to: paths.prompts(), icon: ScrollText, key: "p" },
  { title: "Experiments", to: paths.experiments(), icon: FlaskConical, key: "e" },
  { title: "Chat", to: paths.chat(), icon: MessagesSquare, key: "c" },
  { title: "Analytics", to: paths.analytics(), icon: ChartNoAxesColumn, key: "a" },
  { title: "Settings", to: paths.settings(), icon: Settings, key: "s" },
];

/** The parts of the settings, in the order of their tabs. */
export const SETTINGS: Omit<Destination, "key">[] = [
  { title: "Keys", to: paths.keys(), icon: KeyRound },
  { title: "Providers", to: paths.providers(), icon: Plug },
  { title: "Team", to: paths.team(), icon: Users },
  { title: "Audit log", to: paths.audit(), icon: History },
];
