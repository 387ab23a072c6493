import { useState } from "react";
import { adoptKey, currentSession, forgetKeys } from "@/api/session";
import type { Key, RotatedKey } from "@/api/types";
import { Notice } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Select } from "@/ui/field";
import { notifyError } from "@/ui/toast";
import { GRACES } from "./key-state";
import { refreshKeys, rotateKey } from "./queries";

/** Whoever rotates the key that this page uses goes on with the new one: of the old one it has all but the secret and the id. */
function goOnWith({ key, id, expires_at, previous_key_id }: RotatedKey): void {
  const { active } = currentSession();
  if (active?.me.key.id !== previous_key_id) return;
  const me = { ...active.me, key: { ...active.me.key, id, key_id: id, expires_at, grace_until: null } };
  adoptKey({ key, me, kept: active.kept });
  forgetKeys(previous_key_id);
}

/** A new secret in the place of an old one. */
export function RotateDialog({ keyRow, onClose, onRotated }: { keyRow: Key; onClose: () => void; onRotated: (key: RotatedKey) => void }) {
  const isOwn = currentSession().active?.me.key.id === keyRow.id;
  const [grace, setGrace] = useState(isOwn ? 0 : 3_600);
  const [busy, setBusy] = useState(false);
  const rotate = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const rotated = await rotateKey(keyRow.id, grace);
      // The new secret is shown whatever else happens: it is known nowhere else.
      onRotated(rotated);
      goOnWith(rotated);
      void refreshKeys();
    } catch (error) {
      notifyError("The key was not rotated", error, { retry: () => void rotate() });
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Rotate “${keyRow.name}”`}
      description="Makes a new secret with the same name, role and limits."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={busy} onClick={() => void rotate()}>
            Rotate
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="The old secret goes on working for" hint="Time to put the new one where the old one is used.">
          {(control) => (
            <Select {...control} value={grace} onChange={(event) => setGrace(Number(event.target.value))}>
              {GRACES.map(({ seconds, label }) => (
                <option key={seconds} value={seconds}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {isOwn && <Notice tone="accent">This page uses this key. It goes on with the new one.</Notice>}
      </div>
    </Dialog>
  );
}
