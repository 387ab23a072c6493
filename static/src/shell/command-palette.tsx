import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { FlaskConical, Laptop, type LucideIcon, MessagesSquare, Moon, Plus, ScrollText, Sun } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { api, type Page } from "@/api/client";
import { usePermission } from "@/api/session";
import type { Conversation, ExperimentSummary, Prompt } from "@/api/types";
import { useRested } from "@/lib/rested";
import { paths } from "@/paths";
import { DESTINATIONS } from "./navigation";
import { finds } from "./palette-search";
import { SETTINGS } from "./settings-parts";
import { setTheme } from "./theme";

interface Choice {
  id: string;
  icon: LucideIcon;
  title: string;
  /** What else it is found by, and what is shown beside it. */
  says?: string;
  isName?: boolean;
  choose: () => void;
}

interface Choices {
  heading: string;
  choices: Choice[];
}

/** How long typing rests before everything that was said in conversations is searched. */
const REST_MS = 150;

/** ⌘K: pages, what they show, and a few actions. */
export default function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [search, setSearch] = useState("");
  const navigate = useNavigate();
  const close = (next: boolean) => {
    if (!next) setSearch("");
    onOpenChange(next);
  };
  const act = (action: () => unknown) => {
    close(false);
    action();
  };
  const go = (to: string) => act(() => void navigate(to));
  const { found, isSearching } = useFound(search.trim(), go);
  const known = (choices: Choice[]) => choices.filter(({ title, says = "" }) => finds(search, `${title} ${says}`));
  const groups = [...found, { heading: "Pages", choices: known(pages(go)) }, { heading: "Actions", choices: known(actions(go, act)) }].filter(({ choices }) => choices.length > 0);
  // What Enter chooses is always the first, until one goes to another: also when the first has just come.
  const first = groups[0]?.choices[0]?.id ?? "";
  const [moved, move] = useState({ from: "", to: "" });
  const chosen = moved.from === first ? moved.to : first;
  return (
    <Dialog.Root open={open} onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 animate-in bg-[rgb(10_12_16/0.45)]" />
        <Dialog.Content aria-describedby={undefined} className="fixed inset-x-4 top-[12vh] z-50 mx-auto max-w-xl animate-in overflow-hidden rounded-xl border border-line bg-raised shadow-raised">
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          {/* The server has searched already, by more than what is shown. */}
          <Command label="Go to" loop shouldFilter={false} value={chosen} onValueChange={(to) => move({ from: first, to })}>
            <Command.Input value={search} onValueChange={setSearch} placeholder="Find a prompt, an experiment, a conversation, a page …" className="w-full border-b border-line bg-transparent px-4 py-3 text-base outline-none" />
            <Command.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-1.5">
              {!isSearching && <Command.Empty className="px-3 py-6 text-center text-muted">Nothing matches.</Command.Empty>}
              {groups.map(({ heading, choices }) => (
                <Group key={heading} heading={heading}>
                  {choices.map((choice) => (
                    <Item key={choice.id} choice={choice} />
                  ))}
                </Group>
              ))}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What the server has under this search; without one the prompts that changed last. */
function useFound(search: string, go: (to: string) => void): { found: Choices[]; isSearching: boolean } {
  const { allowed } = usePermission("viewer");
  const rested = useRested(search, REST_MS);
  const prompts = useQuery({
    queryKey: ["/api/prompts", "palette", search],
    queryFn: ({ signal }) => api.get<Page<Prompt>>("/api/prompts", { query: { search, limit: 8 }, signal }),
    enabled: allowed,
    placeholderData: keepPreviousData,
  });
  const trials = useQuery({
    queryKey: ["/api/experiments", "palette"],
    queryFn: ({ signal }) => api.get<Page<ExperimentSummary>>("/api/experiments", { query: { limit: 100 }, signal }),
    enabled: allowed && search !== "",
    staleTime: 30_000,
  });
  const conversations = useQuery({
    queryKey: ["/api/conversations", "palette", rested],
    queryFn: ({ signal }) => api.get<Page<Conversation>>("/api/conversations", { query: { search: rested, limit: 5 }, signal }),
    enabled: allowed && rested !== "",
    placeholderData: keepPreviousData,
  });
  // Until the answer is there, what the last one has of it.
  const names = (prompts.data?.data ?? []).filter(({ name, description }) => !prompts.isPlaceholderData || `${name} ${description}`.toLocaleLowerCase().includes(search.toLocaleLowerCase()));
  const running = (trials.data?.data ?? []).filter(({ name, prompt_name: prompt }) => finds(search, `${name} ${prompt} experiment`)).slice(0, 5);
  const isCurrent = search !== "" && rested === search && !conversations.isPlaceholderData;
  return {
    found: [
      { heading: "Prompts", choices: names.map(({ name, description }) => ({ id: `prompt ${name}`, icon: ScrollText, title: name, isName: true, says: description, choose: () => go(paths.prompt(name)) })) },
      { heading: "Experiments", choices: search === "" ? [] : running.map(({ id, name, prompt_name: prompt }) => ({ id, icon: FlaskConical, title: name || prompt, says: name ? prompt : "", choose: () => go(paths.experiment(id)) })) },
      { heading: "Conversations", choices: isCurrent ? (conversations.data?.data ?? []).map(({ id, title }) => ({ id, icon: MessagesSquare, title, choose: () => go(paths.conversation(id)) })) : [] },
    ],
    isSearching: prompts.isFetching || trials.isFetching || conversations.isFetching || rested !== search,
  };
}

const pages = (go: (to: string) => void): Choice[] => [
  ...DESTINATIONS.map(({ title, to, icon }) => ({ id: `page ${to}`, icon, title, choose: () => go(to) })),
  ...SETTINGS.map(({ title, to, icon }) => ({ id: `page ${to}`, icon, title, says: "Settings", choose: () => go(to) })),
];

const actions = (go: (to: string) => void, act: (action: () => void) => void): Choice[] => [
  { id: "new prompt", icon: Plus, title: "Create a prompt", choose: () => go(paths.promptNew()) },
  { id: "new experiment", icon: Plus, title: "Start an experiment or a canary", choose: () => go(paths.experimentNew()) },
  { id: "new chat", icon: Plus, title: "Start a chat", choose: () => go(paths.chat()) },
  { id: "theme light", icon: Sun, title: "Light theme", choose: () => act(() => setTheme("light")) },
  { id: "theme dark", icon: Moon, title: "Dark theme", choose: () => act(() => setTheme("dark")) },
  { id: "theme system", icon: Laptop, title: "Theme of the system", choose: () => act(() => setTheme("system")) },
];

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group heading={heading} className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted">
      {children}
    </Command.Group>
  );
}

function Item({ choice: { id, icon: Icon, title, says, isName = false, choose } }: { choice: Choice }) {
  return (
    <Command.Item value={id} onSelect={choose} className="flex cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 data-[selected=true]:bg-hover">
      <Icon aria-hidden size={15} className="shrink-0 text-muted" />
      <span dir="auto" className={`max-w-full shrink-0 truncate ${isName ? "font-mono text-sm" : ""}`}>
        {title}
      </span>
      {says && (
        <span dir="auto" className="min-w-0 truncate text-sm text-muted">
          {says}
        </span>
      )}
    </Command.Item>
  );
}
