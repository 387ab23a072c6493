import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useBeforeUnload, useBlocker } from "react-router";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { guardLeaving } from "./leave-guard";

const addressOf = ({ pathname, search }: { pathname: string; search: string }) => pathname + search;

/** Asks before what was written on the page is lost: to another page, another key, or with the window. */
export function KeepDraft({ isDirty }: { isDirty: () => boolean }) {
  const leaving = useRef(false);
  const [waiting, setWaiting] = useState<{ answer: (leave: boolean) => void }>();
  const blocker = useBlocker(({ currentLocation, nextLocation }) => !leaving.current && addressOf(currentLocation) !== addressOf(nextLocation) && isDirty());
  useBeforeUnload((event) => {
    if (isDirty()) event.preventDefault();
  });
  const ask = useEffectEvent(() => (isDirty() ? new Promise<boolean>((answer) => setWaiting({ answer })) : Promise.resolve(true)));
  useEffect(() => guardLeaving(() => ask()), []);
  const decide = (leave: boolean) => {
    leaving.current = leave;
    if (leave) blocker.proceed?.();
    else blocker.reset?.();
    waiting?.answer(leave);
    setWaiting(undefined);
  };
  return (
    <Dialog
      open={blocker.state === "blocked" || waiting !== undefined}
      onOpenChange={() => decide(false)}
      title="Leave without saving?"
      description="What you have written here is lost."
      footer={
        <>
          <Button onClick={() => decide(false)}>Stay</Button>
          <Button kind="danger" onClick={() => decide(true)}>
            Leave
          </Button>
        </>
      }
    />
  );
}
