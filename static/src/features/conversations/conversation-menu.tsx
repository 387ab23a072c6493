import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/errors";
import type { Conversation } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { Problem } from "@/ui/problem";
import { notify } from "@/ui/toast";
import { deleteConversation } from "./deletion";
import { refresh, rename } from "./queries";

/** What can be done with a conversation. */
export function ConversationMenu({ conversation, onDeleted }: { conversation: Pick<Conversation, "id" | "title">; onDeleted?: () => void }) {
  const [renaming, setRenaming] = useState(false);
  const remove = () => {
    deleteConversation(conversation.id, conversation.title);
    onDeleted?.();
  };
  return (
    <>
      <Menu trigger={<IconButton label={`Actions for ${conversation.title}`} icon={Ellipsis} />}>
        <MenuItem icon={Pencil} onSelect={() => setRenaming(true)}>
          Rename
        </MenuItem>
        <MenuItem icon={Trash2} danger onSelect={remove}>
          Delete
        </MenuItem>
      </Menu>
      {renaming && <RenameDialog conversation={conversation} onClose={() => setRenaming(false)} />}
    </>
  );
}

function RenameDialog({ conversation: { id, title }, onClose }: { conversation: Pick<Conversation, "id" | "title">; onClose: () => void }) {
  const [typed, setTyped] = useState(title);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !typed.trim()) return;
    setBusy(true);
    setError(undefined);
    try {
      await rename(id, typed.trim());
      notify("Renamed");
      onClose();
      void refresh();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const wrongTitle = error instanceof ApiError ? error.field("title") : undefined;
  return (
    <Dialog open onOpenChange={onClose} title="Rename the conversation">
      <form onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
        <Field label="Title" error={wrongTitle}>
          {(control) => <Input {...control} dir="auto" autoFocus maxLength={200} value={typed} onFocus={(event) => event.target.select()} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        <Problem error={wrongTitle === undefined ? error : undefined} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy} reason={typed.trim() ? undefined : "A title has at least one character."}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
