import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { copyText } from "@/lib/clipboard";
import { Button, IconButton } from "./button";

/** Copies a text; says so for a moment. `onRefused` helps who has to do it by hand. */
function useCopy(text: string, onRefused?: () => void): [copied: boolean, copy: () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (await copyText(text)) return setCopied(true);
    onRefused?.();
    // Messages are no part of the first load, and this is seldom.
    const { notifyError } = await import("./toast");
    notifyError("It could not be copied", new Error(`The browser does not allow it here. ${onRefused ? "The text is selected: copy" : "Select the text and copy"} it by hand.`));
    return undefined;
  };
  return [copied, () => void copy()];
}

export function CopyButton({ text, label = "Copy", className = "", onRefused }: { text: string; label?: string; className?: string; onRefused?: () => void }) {
  const [copied, copy] = useCopy(text, onRefused);
  return <IconButton label={copied ? "Copied" : label} icon={copied ? Check : Copy} onClick={copy} className={className} />;
}

export function CopyTextButton({ text, children = "Copy" }: { text: string; children?: string }) {
  const [copied, copy] = useCopy(text);
  return (
    <Button size="small" icon={copied ? Check : Copy} onClick={copy}>
      {copied ? "Copied" : children}
    </Button>
  );
}

/** Code as it is, with a button that copies it. */
export function CodeBlock({ code, label, wrap = false, className = "" }: { code: string; label: string; wrap?: boolean; className?: string }) {
  const content = useRef<HTMLPreElement>(null);
  const select = () => content.current && getSelection()?.selectAllChildren(content.current);
  return (
    <div className={`relative rounded-lg border border-line bg-sunken ${className}`}>
      <pre ref={content} tabIndex={0} role="region" aria-label={label} dir="auto" className={`overflow-x-auto p-3 pe-11 font-mono text-sm ${wrap ? "wrap-anywhere whitespace-pre-wrap" : ""}`}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code} label={`Copy ${label}`} onRefused={select} className="absolute end-1.5 top-1.5 bg-sunken" />
    </div>
  );
}
