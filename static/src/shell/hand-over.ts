/**
 * A link that is opened in another tab shows its page, not the question for a key: a new tab asks the ones that are open,
 * and gets the key in use from memory to memory. It is not stored for that. Who signs out does so in all of them.
 */
import { adoptKey, currentSession, forgetKeys, type KeyInUse, subscribe } from "@/api/session";
import { mayLeave } from "./leave-guard";

const CHANNEL = "promptlab.keys";
/** A tab that is there answers within a few milliseconds. Nobody waits longer for one that is not. */
const WAIT_MS = 150;

/** `to` is who asked: other tabs hear it too. */
type Word = { asks: string } | { to: string; gives: Pick<KeyInUse, "key" | "me"> } | { signedOut: true };

let channel: BroadcastChannel | null = null;
/** Somebody signed out in another tab. What is being written here may keep its key a while; others do not get it. */
let isSignedOut = false;

/** Takes part in handing keys over. Resolves once a tab has answered, or none will. */
export async function joinTabs(): Promise<void> {
  try {
    channel = new BroadcastChannel(CHANNEL);
  } catch {
    return; // Without channels each tab asks for its key.
  }
  const id = crypto.randomUUID();
  const answered = new Promise<void>((resolve) => {
    channel?.addEventListener("message", ({ data }: MessageEvent<Word>) => {
      if ("asks" in data) give(data.asks);
      else if ("signedOut" in data) void signOutToo();
      else if (data.to === id) resolve(take(data.gives));
    });
  });
  announceSignOut();
  if (currentSession().active) return;
  say({ asks: id });
  await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel reaches its own origin alone.
const say = (word: Word): void => channel?.postMessage(word);

function give(to: string): void {
  const { active, refused } = currentSession();
  if (active && !refused && !isSignedOut) say({ to, gives: { key: active.key, me: active.me } });
}

/** Of several answers the first one counts. A late one does too, unless a key was given meanwhile. */
function take(given: Pick<KeyInUse, "key" | "me">): void {
  if (!currentSession().active) adoptKey({ ...given, kept: false });
}

async function signOutToo(): Promise<void> {
  if (!currentSession().active) return;
  isSignedOut = true;
  if (await mayLeave()) forgetKeys();
}

function announceSignOut(): void {
  let had = currentSession().active !== null;
  subscribe(() => {
    const has = currentSession().active !== null;
    if (had && !has && !isSignedOut) say({ signedOut: true });
    if (has !== had) isSignedOut = false;
    had = has;
  });
}
