import { useQuery } from "@tanstack/react-query";
import { ArrowDown, MessagesSquare, PanelLeft, SlidersHorizontal } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { isNotFound } from "@/api/errors";
import { ConversationList } from "@/features/conversations/conversation-list";
import { ConversationMenu } from "@/features/conversations/conversation-menu";
import { curlCommand } from "@/lib/curl";
import { useSearchState } from "@/lib/search-state";
import { paths } from "@/paths";
import { useShortcuts } from "@/shell/shortcuts";
import { Button, ButtonLink, IconButton } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { notifyError } from "@/ui/toast";
import { askedAgain } from "./again";
import { TurnView } from "./answer";
import { bodyOf, CHOICES_IN_ADDRESS, choicesOf, withChosen } from "./choices";
import { ChoicesPanel } from "./choices-panel";
import { ChosenSummary } from "./chosen-summary";
import { Composer } from "./composer";
import { useKept } from "./kept";
import { conversationQuery } from "./queries";
import { comeBack, say, stop, useTurns } from "./running";
import { useStickToEnd } from "./stick";
import { groupTurns, isRunning, mergeTurns, type Turn, turnsOf } from "./turn";

const NO_TURNS: readonly Turn[] = [];
/** How often an answer that somebody else reads is looked for. */
const WATCH_MS = 5_000;

/** Conversations on one side, one of them in the middle, what answers on the other side. */
export function ChatPage() {
  const { conversation } = useParams();
  const [list, setList] = useState(false);
  return (
    <div data-fills className="flex h-full">
      <div className="w-56 shrink-0 border-e border-line max-lg:hidden">
        <ConversationList current={conversation} />
      </div>
      {/* Another conversation is another view: where it was scrolled to and what was open is its own. */}
      <ConversationView key={conversation ?? "new"} conversation={conversation} onList={() => setList(true)} />
      <Dialog open={list} onOpenChange={setList} title="Conversations">
        <div className="-m-4 h-[70dvh]">
          <ConversationList current={conversation} onOpen={() => setList(false)} />
        </div>
      </Dialog>
    </div>
  );
}

function ConversationView({ conversation, onList }: { conversation: string | undefined; onList: () => void }) {
  const own = useTurns(conversation);
  const isWriting = own.some(({ answer }) => isRunning(answer));
  const stored = useQuery({
    ...conversationQuery(conversation ?? ""),
    enabled: conversation !== undefined,
    // An answer that this page lost, or that another one asked for, may still be written.
    refetchInterval: ({ state }) => !isWriting && state.data?.messages.some(({ status }) => status === "streaming") && WATCH_MS,
  });
  const storedTurns = useMemo(() => (stored.data ? turnsOf(stored.data.messages, askedAgain(stored.data.id)) : NO_TURNS), [stored.data]);
  const turns = useMemo(() => mergeTurns(storedTurns, own), [storedTurns, own]);
  const groups = useMemo(() => groupTurns(turns), [turns]);
  const [chosen, choose] = useSearchState(CHOICES_IN_ADDRESS);
  const choices = withChosen(choicesOf(turns, stored.data?.user_id ?? null), chosen);
  const [variables, setVariables] = useKept<Record<string, string>>(`variables.${choices.prompt}`, {});
  const [panel, setPanel] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const { view, content, away, toEnd } = useStickToEnd();
  const running = turns.findLast(({ answer }) => isRunning(answer));

  useComeBack(conversation, turns);
  const { ask, askAgain } = useAsk(conversation, (message) => bodyOf(message, conversation, choices, variables), toEnd);
  const end = () => {
    input.current?.focus();
    stop(conversation).catch((error: unknown) => notifyError("The server could not be told to stop", error));
  };
  useShortcuts({ escape: () => (running ? end() : false), "mod+enter": () => input.current?.form?.requestSubmit() });

  const title = stored.data?.title ?? (conversation ? "Chat" : "New chat");
  useEffect(() => {
    document.title = `${title} · PromptLab`;
  }, [title]);

  const panelProps = { choices, bound: conversation !== undefined && choicesOf(turns, null).prompt !== "", onChoose: choose, variables, onVariables: setVariables };
  const isMissing = stored.isError && turns.length === 0;
  return (
    <>
      <section aria-label="Conversation" className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-3 md:px-6">
          <IconButton label="Conversations" icon={PanelLeft} className="-ms-1.5 lg:hidden" onClick={onList} />
          <h1 dir="auto" className="min-w-0 flex-1 truncate text-lg font-semibold tracking-tight">
            {title}
          </h1>
          {stored.data && <HeaderMenu conversation={stored.data} />}
          <IconButton label="What answers" icon={SlidersHorizontal} className="xl:hidden" onClick={() => setPanel(true)} />
        </header>
        <div ref={view} tabIndex={0} role="region" aria-label="Messages" className="min-h-0 flex-1 overflow-y-auto px-3 outline-offset-[-2px] md:px-6">
          <div ref={content} className="mx-auto max-w-3xl divide-y divide-line">
            {conversation !== undefined && stored.isPending && turns.length === 0 && <TurnSkeleton />}
            {isMissing && (isNotFound(stored.error) ? <Missing /> : <ErrorState error={stored.error} onRetry={() => void stored.refetch()} />)}
            {conversation === undefined && turns.length === 0 && <Welcome />}
            {stored.data && stored.data.message_count > stored.data.messages.length && <p className="py-3 text-center text-sm text-muted">Only the last {stored.data.messages.length} messages are shown.</p>}
            {groups.map((group) => (
              <TurnView key={group[0]?.key} turns={group} reason={running ? "An answer is being written." : undefined} onAskAgain={askAgain} />
            ))}
          </div>
        </div>
        <div className="relative shrink-0 px-3 pb-3 md:px-6 md:pb-4">
          {away && (
            <div className="absolute inset-x-0 -top-10 flex justify-center">
              <Button size="small" icon={ArrowDown} className="shadow-raised" onClick={toEnd}>
                To the latest
              </Button>
            </div>
          )}
          {!isMissing && (
            <div className="mx-auto max-w-3xl">
              <Composer conversation={conversation} running={running !== undefined} stopping={running?.answer.stopping ?? false} inputRef={input} onSend={ask} onStop={end}>
                <ChosenSummary choices={choices} onOpen={() => setPanel(true)} />
              </Composer>
            </div>
          )}
        </div>
      </section>
      <aside aria-label="What answers" className="w-64 shrink-0 overflow-y-auto border-s border-line p-4 max-xl:hidden">
        <h2 className="mb-3 font-semibold">What answers</h2>
        <ChoicesPanel {...panelProps} />
      </aside>
      <Dialog open={panel} onOpenChange={setPanel} title="What answers">
        <ChoicesPanel {...panelProps} />
      </Dialog>
    </>
  );
}

interface Asking {
  ask: (message: string) => void;
  askAgain: (turn: Turn) => void;
}

/** Asks; a new conversation gets its address once it has one, if one still looks at it. The same functions each time. */
function useAsk(conversation: string | undefined, body: (message: string) => Parameters<typeof say>[0], onAsk: () => void): Asking {
  const navigate = useNavigate();
  const { search } = useLocation();
  const latest = useRef({ body, onAsk, search, shown: false });
  useEffect(() => {
    latest.current = { body, onAsk, search, shown: true };
    return () => {
      latest.current.shown = false;
    };
  });
  return useMemo(() => {
    const onConversation = (id: string) => {
      if (conversation === undefined && latest.current.shown) void navigate({ pathname: paths.conversation(id), search: latest.current.search }, { replace: true });
    };
    const tell = (message: string, again: boolean) => {
      say(latest.current.body(message), { again, onConversation });
      latest.current.onAsk();
    };
    return {
      ask: (message) => tell(message, false),
      // What the server never took on gives way to what is asked instead: there is nothing to stand beside.
      askAgain: ({ question, answer, again }) => question !== null && tell(question, again || answer.id !== null),
    };
  }, [conversation, navigate]);
}

/** After a reload: an answer that is still being written is read on. */
function useComeBack(conversation: string | undefined, turns: readonly Turn[]): void {
  const last = turns.at(-1);
  const isStreaming = last?.answer.status === "streaming";
  useEffect(() => {
    if (conversation !== undefined && last && isStreaming) comeBack(conversation, last);
  }, [conversation, last, isStreaming]);
}

function HeaderMenu({ conversation }: { conversation: { id: string; title: string } }) {
  const navigate = useNavigate();
  return <ConversationMenu conversation={conversation} onDeleted={() => void navigate(paths.chat())} />;
}

function TurnSkeleton() {
  return (
    <div role="status" aria-label="Loading the conversation" className="flex flex-col gap-3 py-4">
      <Skeleton className="ms-auto h-10 w-2/5" />
      <Skeleton className="h-4 w-11/12" />
      <Skeleton className="h-4 w-4/5" />
      <Skeleton className="h-4 w-1/2" />
    </div>
  );
}

const Missing = () => (
  <EmptyState icon={MessagesSquare} title="There is no such conversation" action={<ButtonLink to={paths.chat()}>Start a new chat</ButtonLink>}>
    It was deleted, or belongs to another team.
  </EmptyState>
);

function Welcome() {
  const curl = curlCommand("/api/chat", { message: "Hello" }).replace("curl ", "curl -N ");
  return (
    <section className="mx-auto flex max-w-xl flex-col gap-3 py-10">
      <h2 className="text-lg font-semibold tracking-tight">Try a prompt as your users meet it</h2>
      <p className="text-pretty text-muted">
        Choose a prompt and say something. Each answer shows the version and variant it came from, its tokens, how long it took and what it cost. Without a prompt, the built-in model <code className="font-mono">offline</code> answers; it needs no key.
      </p>
      <CodeBlock code={curl} label="command" wrap className="mt-2" />
    </section>
  );
}
