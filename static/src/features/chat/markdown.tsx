import { memo, type ReactNode, useDeferredValue, useMemo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import remend from "remend";
import { CopyButton } from "@/ui/copy";
import { blocksOf } from "./blocks";

const PLUGINS = [remarkGfm];

/** The text of a fenced block, and its language. */
function codeOf(children: unknown): { code: string; language: string } {
  const props = (children as { props?: { children?: unknown; className?: string } } | undefined)?.props;
  const code = typeof props?.children === "string" ? props.children.replace(/\n$/, "") : "";
  return { code, language: /language-(\S+)/.exec(props?.className ?? "")?.[1] ?? "" };
}

const heading = (look: string) =>
  function Heading({ children }: { children?: ReactNode }) {
    return <h2 className={`font-semibold ${look}`}>{children}</h2>;
  };

/** What a model writes reaches nothing by itself: no raw HTML, no image is fetched, a link opens elsewhere. */
const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" className="link underline">
      {children}
    </a>
  ),
  img: ({ src, alt }) => (
    <a href={typeof src === "string" ? src : undefined} target="_blank" rel="noopener noreferrer nofollow" className="link underline">
      {alt || "image"}
    </a>
  ),
  pre: ({ children }) => {
    const { code, language } = codeOf(children);
    return (
      <div dir="ltr" className="overflow-hidden rounded-lg border border-line bg-sunken">
        <div className="flex items-center justify-between border-b border-line py-0.5 ps-3 pe-1 text-xs text-muted">
          <span>{language || "code"}</span>
          <CopyButton text={code} label="Copy the code" />
        </div>
        <pre tabIndex={0} role="group" aria-label={`${language || "plain"} code`} className="overflow-x-auto p-3 font-mono text-sm">
          <code>{code}</code>
        </pre>
      </div>
    );
  },
  table: ({ children }) => (
    <div tabIndex={0} role="group" aria-label="Table" className="overflow-x-auto">
      <table className="border-collapse text-sm">{children}</table>
    </div>
  ),
  // Below the heading of the page, whatever the model thinks: it decides how a heading looks, not what is above what.
  h1: heading("text-xl tracking-tight"),
  h2: heading("text-lg tracking-tight"),
  h3: heading("text-base"),
  h4: heading("text-sm"),
  h5: heading("text-sm text-muted"),
  h6: heading("text-sm text-muted"),
};

const PROSE =
  "flex flex-col gap-3 break-words [&_h2]:mt-2 [&_ul]:list-disc [&_ol]:list-decimal [&_ul,&_ol]:ps-6 [&_ul]:ps-6 [&_li]:my-0.5 [&_li>ul]:my-0.5 [&_li_p]:my-1 [&_li.task-list-item]:list-none [&_input]:me-1.5 [&_blockquote]:border-s-2 [&_blockquote]:border-edge [&_blockquote]:ps-3 [&_blockquote]:text-muted [&_:not(pre)>code]:rounded [&_:not(pre)>code]:bg-sunken [&_:not(pre)>code]:px-1 [&_:not(pre)>code]:py-px [&_:not(pre)>code]:font-mono [&_:not(pre)>code]:text-sm [&_hr]:border-line [&_th]:border [&_th]:border-line [&_th]:px-2 [&_th]:py-1 [&_th]:text-start [&_td]:border [&_td]:border-line [&_td]:px-2 [&_td]:py-1 [&_strong]:font-semibold";

const Block = memo(function Block({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
      {text}
    </ReactMarkdown>
  );
});

/** In characters: what takes longer than a frame to draw. */
const LONG = 4_000;

/** Markdown that may still grow: only its last block is read anew, and what it leaves open is closed for now. */
export default function Markdown({ text, growing }: { text: string; growing: boolean }) {
  // A long text is drawn in pieces between which the page stays responsive.
  const drawn = useDeferredValue(text, text.length > LONG ? "" : text);
  const blocks = useMemo(() => blocksOf(drawn), [drawn]);
  return (
    <div className={PROSE}>
      {blocks.map((block, index) => (
        // Each block has its own direction: an answer may quote another script.
        <div key={index} dir="auto" className="contents">
          <Block text={growing && index === blocks.length - 1 ? remend(block, { linkMode: "text-only", htmlTags: false }) : block} />
        </div>
      ))}
    </div>
  );
}
