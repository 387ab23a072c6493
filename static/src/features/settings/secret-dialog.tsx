import { useState, type ReactNode } from "react";
import { Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";

interface SecretDialogProps {
  title: string;
  secret: string;
  children?: ReactNode;
  onClose: () => void;
}

/** A key, shown this once. It does not close by accident. */
export function SecretDialog({ title, secret, children, onClose }: SecretDialogProps) {
  const [warned, setWarned] = useState(false);
  const curl = `curl ${location.origin}/api/me -H "authorization: Bearer $PROMPTLAB_KEY"`;
  return (
    <Dialog
      open
      onOpenChange={() => (warned ? onClose() : setWarned(true))}
      title={title}
      description="Copy the key now: it is shown this once and kept nowhere."
      footer={
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        {warned && <Notice tone="warn">Once this is closed, nobody can see the key again. Close it again to go on without it.</Notice>}
        <CodeBlock code={secret} label="new key" wrap />
        {children}
        <div>
          <p className="mb-1 text-sm font-medium">Try it</p>
          <CodeBlock code={`export PROMPTLAB_KEY=…   # paste the key\n${curl}`} label="command" wrap />
        </div>
      </div>
    </Dialog>
  );
}
