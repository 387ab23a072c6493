/** What on the page would be lost, and whoever wants to leave it has to ask about: besides navigation, other keys. */

type Guard = () => Promise<boolean>;

const guards = new Set<Guard>();

/** `ask` resolves to whether the page may be left. Gives what takes it back. */
export function guardLeaving(ask: Guard): () => void {
  guards.add(ask);
  return () => void guards.delete(ask);
}

/** Asks, if something would be lost. Navigation may follow a yes without asking again. */
export async function mayLeave(): Promise<boolean> {
  for (const ask of guards) if (!(await ask())) return false;
  return true;
}
