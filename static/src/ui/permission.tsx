import type { ReactNode } from "react";
import type { Role } from "@/api/types";
import { usePermission } from "@/api/session";

/** Gives its child the reason why the key in use may not do this: undefined if it may. */
export function Needs({ role, children }: { role: Role; children: (reason: string | undefined) => ReactNode }) {
  return children(usePermission(role).reason);
}
