import { type ComponentProps, useId, useState } from "react";
import { Input } from "@/ui/field";

interface SuggestProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  value: string;
  suggestions: readonly string[];
  /** While it is typed, to find suggestions. */
  onType?: (text: string) => void;
  /** What was chosen, or typed to its end. */
  onCommit: (value: string) => void;
}

/** A text with suggestions: what is typed counts once it is one of them, or the field is left. */
export function Suggest({ value, suggestions, onType, onCommit, ...rest }: SuggestProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const id = useId();
  const commit = (text: string) => {
    setTyped(null);
    if (text.trim() !== value) onCommit(text.trim());
  };
  return (
    <>
      <Input
        {...rest}
        list={id}
        value={typed ?? value}
        onChange={(event) => {
          const text = event.target.value;
          if (suggestions.includes(text)) return commit(text);
          setTyped(text);
          onType?.(text);
        }}
        onBlur={() => typed !== null && commit(typed)}
        onKeyDown={(event) => event.key === "Enter" && typed !== null && commit(typed)}
      />
      <datalist id={id}>
        {suggestions.map((suggestion) => (
          <option key={suggestion}>{suggestion}</option>
        ))}
      </datalist>
    </>
  );
}
