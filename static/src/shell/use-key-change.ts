import { useNavigate } from "react-router";
import { adoptKey, currentSession, forgetKeys, type KeyInUse, mayActAs, switchKey } from "@/api/session";
import { paths } from "@/paths";
import { mayLeave } from "./leave-guard";

interface KeyChange {
  /** Goes on with another key of the session; another page is shown, for the one that is open may be another team's. */
  switchTo: (id: string) => Promise<boolean>;
  /** Puts a new key into use, on another page. */
  add: (added: KeyInUse) => Promise<boolean>;
  /** Puts a key into use where one is, if it sees the page: a colleague's may, another team's and an application's do not. */
  goOnWith: (next: KeyInUse) => Promise<boolean>;
  signOut: () => Promise<boolean>;
}

/** Whether what is open under `before` can stay open under `after`. */
export function seesTheSame(before: KeyInUse | null, after: KeyInUse): boolean {
  if (before === null) return true;
  return before.me.team.id === after.me.team.id && (mayActAs(after.me.role, "viewer") || after.me.role === before.me.role);
}

/** Other keys than the one in use. Each resolves to false when somebody stays for the sake of a draft; nothing has changed then. */
export function useKeyChange(): KeyChange {
  const navigate = useNavigate();
  /** First the page is left, then the key changes: no page is ever drawn with another team's key. */
  const elsewhere = async (change: () => void) => {
    if (!(await mayLeave())) return false;
    await navigate(paths.prompts());
    change();
    return true;
  };
  return {
    switchTo: (id) => elsewhere(() => switchKey(id)),
    add: (added) => elsewhere(() => adoptKey(added)),
    goOnWith: async (next) => {
      if (!seesTheSame(currentSession().active, next)) return elsewhere(() => adoptKey(next));
      adoptKey(next);
      return true;
    },
    signOut: async () => {
      if (!(await mayLeave())) return false;
      forgetKeys();
      await navigate(paths.signIn());
      return true;
    },
  };
}
