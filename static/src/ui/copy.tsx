import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button";

/** Copies a text; says so for a moment. */
function useCopy(text: string): [copied: boolean, copy: () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return [copied, copy];
}

export function CopyButton({ text, label = "Copy", className = "" }: { text: string; label?: string; className?: string }) {
  const [copied, copy] = useCopy(text);
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
  return (
    <div className={`relative rounded-lg border border-line bg-sunken ${className}`}>
      <pre tabIndex={0} role="region" aria-label={label} dir="auto" className={`overflow-x-auto p-3 pe-11 font-mono text-sm ${wrap ? "wrap-anywhere whitespace-pre-wrap" : ""}`}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code} label={`Copy ${label}`} className="absolute end-1.5 top-1.5 bg-sunken" />
    </div>
  );
}
