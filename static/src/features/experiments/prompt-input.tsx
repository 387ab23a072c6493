import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { promptChoicesQuery } from "@/api/queries";
import { Input } from "@/ui/field";
import { useTyped } from "@/ui/search-field";

interface PromptInputProps {
  label?: string;
  placeholder?: string;
  value: string;
  onChange: (name: string) => void;
  /** The field was left, or Enter pressed: what stands in it is meant. */
  onLeave?: () => void;
  className?: string;
  control?: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined };
}

/** A prompt's name, with those that match what is typed. */
export function PromptInput({ label, placeholder, value, onChange, onLeave, className = "", control }: PromptInputProps) {
  const list = useId();
  const { typed, setTyped, send } = useTyped(value, onChange);
  const found = useQuery(promptChoicesQuery(value));
  const leave = () => {
    send();
    onLeave?.();
  };
  return (
    <div className={className}>
      <Input {...control} aria-label={label} placeholder={placeholder} list={list} value={typed} onChange={(event) => setTyped(event.target.value)} onBlur={leave} onKeyDown={(event) => event.key === "Enter" && leave()} autoCapitalize="none" className="font-mono text-sm" />
      <datalist id={list}>
        {found.data?.data.map(({ id, name }) => (
          <option key={id}>{name}</option>
        ))}
      </datalist>
    </div>
  );
}
