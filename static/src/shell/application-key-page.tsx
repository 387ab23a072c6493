import { Bot } from "lucide-react";
import { useSession } from "@/api/session";
import { curlCommand } from "@/lib/curl";
import { paths } from "@/paths";
import { ButtonLink } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { KeyForm } from "./key-form";
import { useKeyChange } from "./use-key-change";

/** In place of a page that the key of an application may not see: what the key is for, and how to go on. */
export default function ApplicationKeyPage() {
  const name = useSession().active?.me.key.name ?? "";
  const { goOnWith } = useKeyChange();
  return (
    <section className="mx-auto flex w-full max-w-xl flex-col gap-4 px-4 py-14">
      <Bot aria-hidden size={28} strokeWidth={1.5} className="text-muted" />
      <h1 className="text-lg font-semibold tracking-tight">This key is for applications</h1>
      <p className="text-pretty text-muted">
        “<span dir="auto">{name}</span>” works, and has the role runtime: it resolves prompts, chats, and sends feedback and events. To see and change prompts here, use a key with the role viewer, editor, publisher or admin.
      </p>
      <div className="card p-4">
        <KeyForm action="Use this key" onKey={goOnWith} />
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-muted">
        Or go on with the key that you have:
        <ButtonLink to={paths.chat()}>Open the chat</ButtonLink>
      </div>
      <CodeBlock code={curlCommand("/api/resolve/your-prompt", { variables: {} })} label="command" wrap />
    </section>
  );
}
