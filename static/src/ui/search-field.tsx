import { Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useEffectEvent, useState } from "react";
import { Kbd } from "./badge";
import { Input } from "./field";

/** Esc in a search empties it, and leaves it when it is empty. */
export const onEscape = (clear: () => void) => (event: KeyboardEvent<HTMLInputElement>) => {
  if (event.key !== "Escape") return;
  if (event.currentTarget.value === "") return event.currentTarget.blur();
  event.preventDefault();
  clear();
};

/** How long typing rests before it is searched. */
const REST_MS = 150;

interface SearchFieldProps {
  label: string;
  /** What is searched for, as the address says. */
  value: string;
  onSearch: (value: string) => void;
  /** What may be typed. */
  placeholder?: string;
  /** The slash goes to another search of the page. */
  isSecond?: boolean;
  className?: string;
}

/**
 * What is typed into a field whose value lives in the address. The field keeps it itself: a value that came back through
 * a navigation would be late, and lose letters. It is sent when typing rests, or at once by `send`.
 */
export function useTyped(value: string, onChange: (value: string) => void): { typed: string; setTyped: (text: string) => void; send: () => void } {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  const [sent, setSent] = useState<string[]>([]);
  if (value !== seen) {
    setSeen(value);
    if (value === sent.at(-1)) setSent([value]);
    // Not what this field asked for: the filters were cleared, or one went back.
    else if (!sent.includes(value)) {
      setTyped(value);
      setSent([]);
    }
  }
  const sendText = (text: string) => {
    if (text === (sent.at(-1) ?? value)) return;
    setSent([...sent, text]);
    onChange(text);
  };
  const sendRested = useEffectEvent(sendText);
  useEffect(() => {
    const timer = setTimeout(() => sendRested(typed), REST_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return { typed, setTyped, send: () => sendText(typed) };
}

/** A search whose value lives in the address. */
export function SearchField({ label, value, onSearch, placeholder = "Search", isSecond = false, className = "" }: SearchFieldProps) {
  const { typed, setTyped } = useTyped(value, onSearch);
  return (
    <div className={`relative ${className}`}>
      <Search aria-hidden size={14} className="pointer-events-none absolute start-2.5 top-2 text-muted" />
      <Input type="search" aria-label={label} placeholder={placeholder} dir="auto" value={typed} onChange={(event) => setTyped(event.target.value)} onKeyDown={onEscape(() => setTyped(""))} className="peer ps-8" />
      {!isSecond && typed === "" && (
        <span aria-hidden className="pointer-events-none absolute end-2 top-1.5 peer-focus:hidden pointer-coarse:hidden">
          <Kbd>/</Kbd>
        </span>
      )}
    </div>
  );
}
