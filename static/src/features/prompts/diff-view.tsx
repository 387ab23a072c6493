import { Columns2, Rows3 } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useShortcuts } from "@/shell/shortcuts";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { plural } from "@/lib/format";
import { type Draft, fieldsOf } from "./content";
import { type Block, diffContents, type FieldDiff, type Line, pairs } from "./diff-model";

export type Layout = "split" | "unified";

interface DiffViewProps {
  from: Draft;
  to: Draft;
  /** What the sides are called, for screen readers and the heads of the columns. */
  fromLabel: string;
  toLabel: string;
  layout: Layout;
  onLayout: (layout: Layout) => void;
}

/** Every field that differs, then how many do not. Loaded lazily: it brings the diff library. */
export default function DiffView({ from, to, fromLabel, toLabel, layout, onLayout }: DiffViewProps) {
  const fields = useMemo(() => diffContents(fieldsOf(from), fieldsOf(to)), [from, to]);
  const different = fields.filter(({ status }) => status !== "unchanged");
  const root = useRef<HTMLDivElement>(null);
  const step = useSteps(root);
  useShortcuts({ j: () => step(1), k: () => step(-1) });
  if (different.length === 0) return <NoChanges />;
  const sum = (count: (field: FieldDiff) => number) => different.reduce((total, field) => total + count(field), 0);
  const unchanged = fields.length - different.length;
  return (
    <div ref={root} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm text-muted">
        <span className="tabular">
          <span className="text-good">+{sum(({ added }) => added)}</span> <span className="text-bad">−{sum(({ removed }) => removed)}</span> in {plural(different.length, "field")}
          {unchanged > 0 && `, ${unchanged} unchanged`}
        </span>
        <span className="ms-auto flex items-center gap-1">
          <Button size="small" kind="quiet" onClick={() => step(-1)}>
            Previous <kbd className="text-xs">K</kbd>
          </Button>
          <Button size="small" kind="quiet" onClick={() => step(1)}>
            Next <kbd className="text-xs">J</kbd>
          </Button>
          <IconButton label="Side by side" icon={Columns2} aria-pressed={layout === "split"} onClick={() => onLayout("split")} className="max-md:hidden" />
          <IconButton label="One column" icon={Rows3} aria-pressed={layout === "unified"} onClick={() => onLayout("unified")} className="max-md:hidden" />
        </span>
      </div>
      {layout === "split" && (
        <div className="-mb-2 grid grid-cols-2 text-sm text-muted max-md:hidden">
          <span className="truncate px-3">{fromLabel}</span>
          <span className="truncate px-3">{toLabel}</span>
        </div>
      )}
      {different.map((field) => (
        <Field key={field.key} field={field} layout={layout} />
      ))}
    </div>
  );
}

function NoChanges() {
  return (
    <div className="card px-4 py-10 text-center">
      <p className="font-semibold">No changes</p>
      <p className="text-muted">Both sides say the same.</p>
    </div>
  );
}

/** Goes from change to change, around at the ends. */
function useSteps(root: React.RefObject<HTMLDivElement | null>) {
  const at = useRef(-1);
  return (direction: 1 | -1) => {
    const changes = root.current?.querySelectorAll<HTMLElement>("[data-change]") ?? [];
    if (changes.length === 0) return;
    at.current = at.current < 0 && direction < 0 ? changes.length - 1 : (at.current + direction + changes.length) % changes.length;
    changes.forEach((change) => change.removeAttribute("data-at"));
    const change = changes[at.current];
    change?.setAttribute("data-at", "");
    change?.scrollIntoView({ block: "center", behavior: "smooth" });
  };
}

const STATUS_TONES = { added: "good", removed: "bad", changed: "neutral", unchanged: "neutral" } as const;

function Field({ field, layout }: { field: FieldDiff; layout: Layout }) {
  // On a narrow window two columns leave no room for words.
  const split = layout === "split";
  return (
    <section aria-label={field.title} className="card overflow-hidden">
      <h2 className="flex items-center gap-2 border-b border-line px-3 py-1.5 text-sm font-medium">
        {field.title} <Badge tone={STATUS_TONES[field.status]}>{field.status}</Badge>
      </h2>
      <div tabIndex={0} role="region" aria-label={`Changes of ${field.title}`} className="overflow-x-auto font-mono text-sm">
        <div className={split ? "max-md:hidden" : "hidden"}>{split && <Split blocks={field.blocks} />}</div>
        <div className={split ? "md:hidden" : ""}>
          <Unified blocks={field.blocks} />
        </div>
      </div>
    </section>
  );
}

/** What is folded opens with a click. */
function useOpened(): [(block: number) => boolean, (block: number) => void] {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  return [(block) => opened.has(block), (block) => setOpened(new Set([...opened, block]))];
}

function Fold({ lines, onOpen }: { lines: Line[]; onOpen: () => void }) {
  return (
    <button type="button" onClick={onOpen} className="block w-full bg-sunken px-3 py-1 text-start font-sans text-xs text-muted hover:text-ink">
      Show {plural(lines.length, "unchanged line")}
    </button>
  );
}

const BLOCK = "data-at:outline-2 data-at:-outline-offset-2 data-at:outline-accent";

function Unified({ blocks }: { blocks: Block[] }) {
  const [isOpen, open] = useOpened();
  return blocks.map((block, index) =>
    block.kind === "fold" && !isOpen(index) ? (
      <Fold key={index} lines={block.lines} onOpen={() => open(index)} />
    ) : (
      <div key={index} data-change={block.kind === "change" ? "" : undefined} className={BLOCK}>
        {block.lines.map((line, place) => (
          <div key={place} className={`flex ${GROUNDS[line.kind]}`}>
            <LineNumber value={line.left} />
            <LineNumber value={line.right} />
            <LineText line={line} />
          </div>
        ))}
      </div>
    ),
  );
}

function Split({ blocks }: { blocks: Block[] }) {
  const [isOpen, open] = useOpened();
  return blocks.map((block, index) =>
    block.kind === "fold" && !isOpen(index) ? (
      <Fold key={index} lines={block.lines} onOpen={() => open(index)} />
    ) : (
      <div key={index} data-change={block.kind === "change" ? "" : undefined} className={BLOCK}>
        {pairs(block).map(({ left, right }, place) => (
          <div key={place} className="grid grid-cols-2">
            <Side line={left} number={left?.left ?? null} />
            <Side line={right} number={right?.right ?? null} className="border-s border-line" />
          </div>
        ))}
      </div>
    ),
  );
}

function Side({ line, number, className = "" }: { line: Line | null; number: number | null; className?: string }) {
  return (
    <div className={`flex min-w-0 ${line ? GROUNDS[line.kind] : "bg-sunken"} ${className}`}>
      <LineNumber value={number} />
      {line && <LineText line={line} />}
    </div>
  );
}

const GROUNDS = { equal: "", delete: "bg-removed", insert: "bg-added" };
const SIGNS = { equal: " ", delete: "−", insert: "+" };
const SPOKEN = { equal: "", delete: "removed: ", insert: "added: " };
const WORDS = { equal: "", delete: "rounded-xs bg-removed-word", insert: "rounded-xs bg-added-word" };

const LineNumber = ({ value }: { value: number | null }) => <span className="tabular w-10 shrink-0 px-2 max-md:w-8 max-md:px-1.5 text-end text-xs leading-5 text-muted select-none">{value}</span>;

function LineText({ line }: { line: Line }) {
  return (
    <>
      <span aria-hidden className="w-4 shrink-0 text-muted select-none">
        {SIGNS[line.kind]}
      </span>
      <span className="sr-only">{SPOKEN[line.kind]}</span>
      <span dir="auto" className="min-w-0 flex-1 pe-3 break-words whitespace-pre-wrap">
        {line.words.map(({ kind, text }, index) => (
          <span key={index} className={WORDS[kind]}>
            {text}
          </span>
        ))}
      </span>
    </>
  );
}
