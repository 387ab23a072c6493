import { ChartNoAxesColumn, FlaskConical, type LucideIcon, MessagesSquare, ScrollText, Settings } from "lucide-react";
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
