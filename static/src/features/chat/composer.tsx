import { ArrowUp, Square } from "lucide-react";
import { type FormEvent, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { Kbd } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useKept } from "./kept";

interface ComposerProps {
  /** Drafts are kept for each conversation. */
  conversation: string | undefined;
  running: boolean;
  stopping: boolean;
  inputRef: Ref<HTMLTextAreaElement>;
  onSend: (message: string) => void;
  onStop: () => void;
  /** Beside the buttons: what will answer. */
  children: ReactNode;
}

/** Where one writes. Enter sends, Shift and Enter makes a line, Esc stops. */
export function Composer({ conversation, running, stopping, inputRef, onSend, onStop, children }: ComposerProps) {
  const [draft, setDraft] = useKept(`draft.${conversation ?? "new"}`, "");
  const send = () => {
    const message = draft.trim();
    if (!message || running) return;
    setDraft("");
    onSend(message);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const press = (event: KeyboardEvent) => {
    // While a script is being composed, Enter chooses a word.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && running) onStop();
    else if (event.key === "Enter" && !event.shiftKey && !event.altKey) send();
    else return;
    event.preventDefault();
  };
  return (
    <form data-composer onSubmit={submit} className="rounded-xl border border-edge bg-surface focus-within:outline-2 focus-within:outline-accent">
      <textarea
        ref={inputRef}
        dir="auto"
        rows={1}
        aria-label="Message"
        placeholder="Say something"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={press}
        className="block max-h-[40dvh] min-h-11 w-full resize-none field-sizing-content bg-transparent px-3.5 pt-2.5 pb-1 outline-none"
      />
      <div className="flex items-center gap-2 px-2 pb-2">
        <div className="min-w-0 flex-1">{children}</div>
        <span className="flex items-center gap-1 text-xs text-muted max-sm:hidden pointer-coarse:hidden">
          {running ? (
            <>
              <Kbd>Esc</Kbd> stops
            </>
          ) : (
            <>
              <Kbd>↵</Kbd> sends
            </>
          )}
        </span>
        {running ? (
          <Button icon={Square} busy={stopping} onClick={onStop}>
            Stop
          </Button>
        ) : (
          <Button type="submit" kind="primary" icon={ArrowUp} reason={draft.trim() ? undefined : "Write something first."}>
            Send
          </Button>
        )}
      </div>
    </form>
  );
}
