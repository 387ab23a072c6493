import { Dialog } from "@/ui/dialog";
import { KeyForm } from "./key-form";
import { useKeyChange } from "./use-key-change";

/** One more key for the session. */
export default function AddKey({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const { add } = useKeyChange();
  const adopt = async (...given: Parameters<typeof add>) => {
    const isInUse = await add(...given);
    if (isInUse) onOpenChange(false);
    return isInUse;
  };
  return (
    <Dialog open onOpenChange={onOpenChange} title="Add a key" description="You can switch between the keys of this session at any time.">
      <KeyForm action="Use this key" onKey={adopt} />
    </Dialog>
  );
}
