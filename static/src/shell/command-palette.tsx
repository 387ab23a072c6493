import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { Laptop, Moon, Plus, ScrollText, Sun } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { api, type Page } from "@/api/client";
import type { Prompt } from "@/api/types";
import { paths } from "@/paths";
import { DESTINATIONS } from "./navigation";
import { setTheme } from "./theme";

/** ⌘K: pages, prompts by name, and a few actions. */
export default function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [search, setSearch] = useState("");
  const navigate = useNavigate();
  const found = useQuery({
    queryKey: ["/api/prompts", "palette", search],
    queryFn: ({ signal }) => api.get<Page<Prompt>>("/api/prompts", { query: { search, limit: 8 }, signal }),
    enabled: open,
    placeholderData: (previous) => previous,
  });
  const close = (next: boolean) => {
    if (!next) setSearch("");
    onOpenChange(next);
  };
  const go = (to: string) => {
    close(false);
    void navigate(to);
  };
  const act = (action: () => void) => {
    close(false);
    action();
  };
  return (
    <Dialog.Root open={open} onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 animate-in bg-[rgb(10_12_16/0.45)]" />
        <Dialog.Content aria-describedby={undefined} className="fixed inset-x-4 top-[12vh] z-50 mx-auto max-w-xl animate-in overflow-hidden rounded-xl border border-line bg-raised shadow-raised">
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <Command label="Go to" loop>
            <Command.Input value={search} onValueChange={setSearch} placeholder="Go to a page, find a prompt …" className="w-full border-b border-line bg-transparent px-4 py-3 text-base outline-none" />
            <Command.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-6 text-center text-muted">Nothing matches.</Command.Empty>
              {(found.data?.data.length ?? 0) > 0 && (
                <Group heading="Prompts">
                  {found.data?.data.map(({ id, name }) => (
                    <Item key={id} value={`prompt ${name}`} onSelect={() => go(paths.prompt(name))} icon={<ScrollText aria-hidden size={15} />}>
                      <span className="truncate font-mono text-sm">{name}</span>
                    </Item>
                  ))}
                </Group>
              )}
              <Group heading="Pages">
                {DESTINATIONS.map(({ title, to, icon: Icon }) => (
                  <Item key={to} value={`page ${title}`} onSelect={() => go(to)} icon={<Icon aria-hidden size={15} />}>
                    {title}
                  </Item>
                ))}
              </Group>
              <Group heading="Actions">
                <Item value="create new prompt" onSelect={() => go(paths.promptNew())} icon={<Plus aria-hidden size={15} />}>
                  Create a prompt
                </Item>
                <Item value="create new experiment start" onSelect={() => go(paths.experimentNew())} icon={<Plus aria-hidden size={15} />}>
                  Start an experiment
                </Item>
                <Item value="theme light" onSelect={() => act(() => setTheme("light"))} icon={<Sun aria-hidden size={15} />}>
                  Light theme
                </Item>
                <Item value="theme dark" onSelect={() => act(() => setTheme("dark"))} icon={<Moon aria-hidden size={15} />}>
                  Dark theme
                </Item>
                <Item value="theme system" onSelect={() => act(() => setTheme("system"))} icon={<Laptop aria-hidden size={15} />}>
                  Theme of the system
                </Item>
              </Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group heading={heading} className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted">
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, icon, children }: { value: string; onSelect: () => void; icon: ReactNode; children: ReactNode }) {
  return (
    <Command.Item value={value} onSelect={onSelect} className="flex cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 data-[selected=true]:bg-hover">
      <span className="text-muted">{icon}</span>
      {children}
    </Command.Item>
  );
}
