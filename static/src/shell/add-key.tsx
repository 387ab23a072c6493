import { Dialog } from "@/ui/dialog";
import { KeyForm } from "./key-form";

/** One more key for the session. */
export default function AddKey({ onOpenChange, onDone }: { onOpenChange: (open: boolean) => void; onDone: () => void }) {
  return (
    <Dialog open onOpenChange={onOpenChange} title="Add a key" description="You can switch between the keys of this session at any time.">
      <KeyForm action="Use this key" onDone={onDone} />
    </Dialog>
  );
}
