import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { SquarePen } from "lucide-react";
import { useDeferredValue } from "react";
import { Link, useNavigate } from "react-router";
import type { Conversation } from "@/api/types";
import { useSearchState } from "@/lib/search-state";
import { paths, withParams } from "@/paths";
import { useShortcuts } from "@/shell/shortcuts";
import { Button, ButtonLink } from "@/ui/button";
import { LoadMore } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { ConversationMenu } from "./conversation-menu";
import { useDeleted } from "./deletion";
import { conversationsQuery } from "./queries";

/** The team's conversations, the latest first. J and K go through them, N begins a new one. */
export function ConversationList({ current, onOpen }: { current: string | undefined; onOpen?: () => void }) {
  const [{ search }, set] = useSearchState({ search: "" });
  const list = useInfiniteQuery({ ...conversationsQuery(useDeferredValue(search)), placeholderData: keepPreviousData });
  const deleted = useDeleted();
  const navigate = useNavigate();
  const conversations = list.data?.pages.flatMap(({ data }) => data).filter(({ id }) => !deleted.has(id)) ?? [];
  const addressOf = (id: string) => withParams(paths.conversation(id), { search });
  const step = (by: number) => {
    const at = conversations.findIndex(({ id }) => id === current);
    const next = conversations[at < 0 ? 0 : at + by];
    if (!next) return false;
    document.querySelector(`[data-conversation="${next.id}"]`)?.scrollIntoView({ block: "nearest" });
    return void navigate(addressOf(next.id));
  };
  useShortcuts({ j: () => step(1), k: () => step(-1), n: () => void navigate(paths.chat()) });
  return (
    <nav aria-label="Conversations" className="flex h-full min-h-0 flex-col">
      <div className="flex flex-col gap-2 p-3">
        <ButtonLink to={paths.chat()} icon={SquarePen} className="w-full" onClick={onOpen}>
          New chat
        </ButtonLink>
        <div role="search">
          <SearchField label="Search the conversations" value={search} onSearch={(text) => set({ search: text }, { typing: true })} />
        </div>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-3" aria-busy={list.isPlaceholderData}>
        {list.isPending && <SkeletonRows rows={6} label="Loading the conversations" />}
        {list.isError && !list.data && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && conversations.length === 0 && (
          <div className="px-2 py-6 text-center text-sm text-pretty text-muted">
            {search ? (
              <>
                <p>No conversation has this in its title or messages.</p>
                <Button size="small" className="mt-2" onClick={() => set({ search: "" })}>
                  Clear the search
                </Button>
              </>
            ) : (
              <p>No conversations yet. What you and your applications say through the chat API stands here.</p>
            )}
          </div>
        )}
        <ul className="flex flex-col gap-px">
          {conversations.map((conversation) => (
            <Row key={conversation.id} conversation={conversation} to={addressOf(conversation.id)} isCurrent={conversation.id === current} onOpen={onOpen} onDeleted={() => conversation.id === current && void navigate(paths.chat())} />
          ))}
        </ul>
        {conversations.length > 0 && <LoadMore shown={conversations.length} noun="conversation" query={list} />}
      </div>
    </nav>
  );
}

interface RowProps {
  conversation: Conversation;
  to: string;
  isCurrent: boolean;
  onOpen: (() => void) | undefined;
  onDeleted: () => void;
}

function Row({ conversation, to, isCurrent, onOpen, onDeleted }: RowProps) {
  return (
    <li data-conversation={conversation.id} className={`group flex items-center rounded-md pe-1 hover:bg-hover ${isCurrent ? "bg-hover" : ""}`}>
      <Link to={to} aria-current={isCurrent ? "page" : undefined} onClick={onOpen} className="min-w-0 flex-1 px-2 py-1.5">
        <span dir="auto" className={`block truncate ${isCurrent ? "font-medium" : ""}`}>
          {conversation.title}
        </span>
        <span className="flex gap-1.5 text-xs text-muted">
          <RelativeTime time={conversation.updated_at} />
          {conversation.user_id && <span className="truncate">· {conversation.user_id}</span>}
        </span>
      </Link>
      <span className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:opacity-100">
        <ConversationMenu conversation={conversation} onDeleted={onDeleted} />
      </span>
    </li>
  );
}
