import { MessageSquarePlus, Star, ThumbsDown, ThumbsUp } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import type { Feedback, FeedbackInput } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { Field, TextArea } from "@/ui/field";
import { notify, notifyError } from "@/ui/toast";
import { useKept } from "./kept";

interface Rating {
  scale: "thumbs" | "stars";
  rating: number;
  comment: string;
}

const STARS = [1, 2, 3, 4, 5];

/** What one thinks of an answer: a thumb at once; stars and words on demand. The last rating counts. */
export function AnswerFeedback({ messageId }: { messageId: string }) {
  // The API counts ratings and does not list them: what was given on this tab is remembered by it.
  const [given, setGiven] = useKept<Rating | null>(`rating.${messageId}`, null);
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);

  const give = async (rating: Rating): Promise<boolean> => {
    if (busy) return false;
    const before = given;
    setBusy(true);
    setGiven(rating);
    try {
      const input: FeedbackInput = { message_id: messageId, rating: rating.rating, scale: rating.scale, ...(rating.comment.trim() ? { comment: rating.comment.trim() } : {}) };
      await api.create<Feedback>("/api/feedback", input);
      return true;
    } catch (error) {
      setGiven(before);
      notifyError("The rating was not taken", error, { retry: () => void give(rating) });
      return false;
    } finally {
      setBusy(false);
    }
  };
  const thumb = (rating: 1 | -1) => void give({ scale: "thumbs", rating, comment: given?.comment ?? "" });
  const isThumb = (rating: number) => given?.scale === "thumbs" && given.rating === rating;
  return (
    <>
      <IconButton label="Good answer" icon={ThumbsUp} aria-pressed={isThumb(1)} onClick={() => thumb(1)} />
      <IconButton label="Bad answer" icon={ThumbsDown} aria-pressed={isThumb(-1)} onClick={() => thumb(-1)} />
      <IconButton label="Stars and comment" icon={MessageSquarePlus} aria-expanded={open} aria-pressed={open} onClick={() => setOpen(!open)} />
      {given?.scale === "stars" && <span className="ms-1 text-xs text-muted">{`${given.rating} of 5 stars`}</span>}
      {open && (
        <RatingForm
          given={given}
          busy={busy}
          onClose={() => setOpen(false)}
          onGive={async (rating) => {
            if (!(await give(rating))) return;
            setOpen(false);
            notify("Thank you, your rating counts");
          }}
        />
      )}
    </>
  );
}

interface RatingFormProps {
  given: Rating | null;
  busy: boolean;
  onGive: (rating: Rating) => Promise<void>;
  onClose: () => void;
}

function RatingForm({ given, busy, onGive, onClose }: RatingFormProps) {
  const [stars, setStars] = useState(given?.scale === "stars" ? given.rating : 0);
  const [comment, setComment] = useState(given?.comment ?? "");
  const isThumbed = given?.scale === "thumbs";
  const missing = stars === 0 && !isThumbed ? "Choose stars first." : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (missing || busy) return;
    void onGive(stars > 0 ? { scale: "stars", rating: stars, comment } : { scale: "thumbs", rating: given?.rating ?? 1, comment });
  };
  return (
    <form onSubmit={submit} className="ms-1.5 mt-1 flex basis-full">
      <div className="card flex w-full max-w-md flex-col gap-3 p-3">
      <fieldset>
        <legend className="mb-1 text-sm font-medium">Stars</legend>
        <div className="flex gap-0.5">
          {STARS.map((number) => (
            <label key={number} className="cursor-pointer rounded p-0.5 has-focus-visible:outline-2 has-focus-visible:outline-accent">
              <input type="radio" name="stars" value={number} checked={stars === number} onChange={() => setStars(number)} className="sr-only" />
              <Star aria-hidden size={20} className={number <= stars ? "fill-current text-warn" : "text-edge"} />
              <span className="sr-only">{`${number} of 5`}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <Field label="Comment" optional>
        {(control) => <TextArea {...control} rows={2} maxLength={4000} value={comment} onChange={(event) => setComment(event.target.value)} placeholder="What was right or wrong with it" />}
      </Field>
      <div className="flex justify-end gap-2">
        <Button size="small" onClick={onClose}>
          Cancel
        </Button>
        <Button size="small" type="submit" kind="primary" busy={busy} reason={missing}>
          Rate
        </Button>
      </div>
      </div>
    </form>
  );
}
