import { EyeOff, History, KeyRound, Plug, Users } from "lucide-react";
import { paths } from "@/paths";
import type { Destination } from "./navigation";

/** The parts of the settings, in the order of their tabs. Not among the destinations: the first page does without them. */
export const SETTINGS: Omit<Destination, "key">[] = [
  { title: "Keys", to: paths.keys(), icon: KeyRound },
  { title: "Providers", to: paths.providers(), icon: Plug },
  { title: "Team", to: paths.team(), icon: Users },
  { title: "Privacy", to: paths.privacy(), icon: EyeOff },
  { title: "Audit log", to: paths.audit(), icon: History },
];
