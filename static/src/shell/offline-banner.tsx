import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { noteReachable, useReachable } from "@/api/connection";

const AGAIN_MS = 4_000;

async function isUp(): Promise<boolean> {
  return fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(AGAIN_MS) }).then(
    (response) => response.ok,
    () => false,
  );
}

/** Says that the server does not answer, and asks again by itself. What failed meanwhile is read anew when it is back. */
export function OfflineBanner() {
  const reachable = useReachable();
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (reachable) return undefined;
    const ask = async () => {
      setAsking(true);
      const up = await isUp();
      setAsking(false);
      if (up) noteReachable(true);
    };
    const timer = setInterval(() => void ask(), AGAIN_MS);
    const online = () => void ask();
    addEventListener("online", online);
    return () => {
      clearInterval(timer);
      removeEventListener("online", online);
    };
  }, [reachable]);
  if (reachable) return null;
  return (
    <div role="alert" className="flex items-center justify-center gap-2 bg-warn-ground px-4 py-1.5 text-sm text-warn">
      <CloudOff aria-hidden size={15} />
      The server cannot be reached. Applications go on with what the edge has in memory. {asking ? "Trying …" : "Trying again every 4 s."}
    </div>
  );
}
