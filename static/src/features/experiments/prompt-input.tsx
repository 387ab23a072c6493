import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { promptChoicesQuery } from "@/api/queries";
import { useRested } from "@/lib/rested";
import { Input } from "@/ui/field";

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
  const found = useQuery(promptChoicesQuery(useRested(value)));
  return (
    <div className={className}>
      <Input {...control} aria-label={label} placeholder={placeholder} list={list} value={value} onChange={(event) => onChange(event.target.value)} onBlur={onLeave} onKeyDown={(event) => event.key === "Enter" && onLeave?.()} autoCapitalize="none" className="font-mono text-sm" />
      <datalist id={list}>
        {found.data?.data.map(({ id, name }) => (
          <option key={id}>{name}</option>
        ))}
      </datalist>
    </div>
  );
}
