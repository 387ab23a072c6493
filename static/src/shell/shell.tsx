import { BookOpen, Keyboard, Moon, Search, Sun, SunMoon } from "lucide-react";
import { type ComponentType, lazy, Suspense, useEffect, useRef, useState } from "react";
import { NavLink, Outlet, ScrollRestoration, useLocation, useNavigate, useNavigation } from "react-router";
import { useSession } from "@/api/session";
import { paths } from "@/paths";
import { Kbd } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { KeySwitcher } from "./key-switcher";
import { DESTINATIONS } from "./navigation";
import { OfflineBanner } from "./offline-banner";
import { keyName, useShortcuts } from "./shortcuts";
import { type Theme, useTheme } from "./theme";

type Palette = ComponentType<{ open: boolean; onOpenChange: (open: boolean) => void }>;
const CommandPalette = lazy(() => import("./command-palette"));
/** The palette once its code is there: what is lazy shows 300 ms later even then, and what one types meanwhile is lost. */
let loadedPalette: Palette | null = null;
const ShortcutList = lazy(async () => ({ default: (await import("./shortcut-list")).ShortcutList }));
const SignIn = lazy(async () => ({ default: (await import("./sign-in")).SignIn }));
const ApplicationKeyPage = lazy(() => import("./application-key-page"));
const RefusedKey = lazy(async () => ({ default: (await import("./refused-key")).RefusedKey }));

/** Pages on which a key of an application is of use. */
const FOR_APPLICATIONS = [paths.chat(), paths.team()];

/** By then the page itself is there. */
const PALETTE_LOADS_AFTER_MS = 1_000;

/** Every page, or the question for a key: the address stays, it is where one goes on. */
export function Shell() {
  const { active } = useSession();
  return active ? (
    // Another team's pages are other pages, whatever their address.
    <Frame key={active.me.team.id} />
  ) : (
    <Suspense>
      <SignIn />
    </Suspense>
  );
}

/** The frame around every page: navigation, keyboard, and what is true everywhere. */
function Frame() {
  const [Palette, setPalette] = useState<Palette | null>(null);
  const openPalette = () => setPalette(() => loadedPalette ?? CommandPalette);
  const [shortcuts, setShortcuts] = useState(false);
  const { refused, active } = useSession();
  const { pathname } = useLocation();
  const isOnlyForPeople = active?.me.role === "runtime" && !FOR_APPLICATIONS.some((address) => pathname.startsWith(address));
  useGlobalKeys({ onPalette: openPalette, onList: () => setShortcuts(true) });
  useFocusOnNavigation();
  useEffect(() => {
    const load = () =>
      import("./command-palette").then(
        (code) => (loadedPalette = code.default),
        () => undefined, // It is tried again when it is asked for.
      );
    const timer = setTimeout(() => void load(), PALETTE_LOADS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a href="#main" className="fixed start-2 -top-20 z-50 rounded-md bg-raised px-3 py-2 shadow-raised focus:top-2">
        Skip to the content
      </a>
      <Sidebar onPalette={openPalette} onShortcuts={() => setShortcuts(true)} />
      <TopBar onPalette={openPalette} />
      {/* A page that fills the window has what the bars, and the banner when it is there, leave of it. */}
      <div className="flex min-w-0 flex-col max-md:pb-14 [--top:0px] max-md:[--top:3rem] has-[[data-fills]]:h-dvh has-[[data-fills]]:max-md:h-[calc(100dvh-3rem)]">
        <Progress />
        <OfflineBanner />
        <main id="main" tabIndex={-1} className="flex-1 has-[[data-fills]]:min-h-0">
          <Suspense>{isOnlyForPeople ? <ApplicationKeyPage /> : <Outlet />}</Suspense>
        </main>
      </div>
      <BottomBar />
      <Suspense>
        {Palette && <Palette open onOpenChange={(open) => !open && setPalette(null)} />}
        {shortcuts && <ShortcutList open onOpenChange={setShortcuts} />}
        {refused && <RefusedKey />}
      </Suspense>
      <ScrollRestoration getKey={({ key, pathname }) => (key === "default" ? pathname : key)} />
    </div>
  );
}

/** How long after G its second key is waited for. */
const SECOND_KEY_MS = 1_200;

function useGlobalKeys({ onPalette, onList }: { onPalette: () => void; onList: () => void }): void {
  const navigate = useNavigate();
  const awaitingUntil = useRef(0);
  const second = (to: string) => () => {
    const isSecond = Date.now() < awaitingUntil.current;
    awaitingUntil.current = 0;
    return isSecond && void navigate(to);
  };
  useShortcuts({
    "mod+k": onPalette,
    "?": onList,
    g: () => void (awaitingUntil.current = Date.now() + SECOND_KEY_MS),
    "/": focusSearch,
    ...Object.fromEntries(DESTINATIONS.map(({ key, to }) => [key, second(to)])),
  });
}

/** The first text among what searches or filters the page. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[type=search], main [role=search] input:not([type])");
  field?.focus();
  field?.select();
  return field !== null;
}

/** A screen reader is told of the new page: its heading is where reading goes on. */
function useFocusOnNavigation(): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    const active = document.activeElement;
    if (!active || active === document.body || active.closest("nav")) document.getElementById("main")?.focus({ preventScroll: true });
  }, [pathname]);
}

/** A thin line while the next page's code is on its way, if that takes long enough to be noticed. */
function Progress() {
  const { state } = useNavigation();
  return state === "loading" ? <div role="progressbar" aria-label="Loading the page" className="fixed inset-x-0 top-0 z-50 h-0.5 animate-late bg-accent" /> : null;
}

function Brand() {
  return (
    <NavLink to={paths.prompts()} className="flex items-center gap-2 font-semibold tracking-tight">
      <img src="/favicon.svg" alt="" width={20} height={20} />
      PromptLab
    </NavLink>
  );
}

function Sidebar({ onPalette, onShortcuts }: { onPalette: () => void; onShortcuts: () => void }) {
  return (
    <aside className="sticky top-0 flex h-dvh flex-col gap-3 border-e border-line px-3 py-3 max-md:hidden">
      <div className="px-2 py-1">
        <Brand />
      </div>
      <button type="button" onClick={onPalette} className="flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2 text-muted hover:border-edge">
        <Search aria-hidden size={14} />
        <span className="flex-1 text-start">Go to</span>
        <Kbd>{keyName("⌘")}</Kbd>
        <Kbd>K</Kbd>
      </button>
      <nav aria-label="Pages" className="flex flex-1 flex-col gap-px">
        {DESTINATIONS.map(({ title, to, icon: Icon }) => (
          <NavLink key={to} to={to} className="flex h-8 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:font-medium aria-[current=page]:text-ink">
            <Icon aria-hidden size={16} strokeWidth={1.75} />
            {title}
          </NavLink>
        ))}
      </nav>
      <div className="flex items-center gap-1 px-1">
        <ThemeButton />
        <IconButton label="Keyboard shortcuts" icon={Keyboard} onClick={onShortcuts} />
        <a href="/docs" className="ms-auto flex h-7 items-center gap-1.5 rounded-md px-2 text-sm text-muted hover:bg-hover hover:text-ink">
          <BookOpen aria-hidden size={14} /> API
        </a>
      </div>
      <div className="-mx-3 border-t border-line px-3 pt-2">
        <KeySwitcher />
      </div>
    </aside>
  );
}

function TopBar({ onPalette }: { onPalette: () => void }) {
  return (
    <header className="sticky top-0 z-20 flex h-12 items-center gap-1 border-b border-line bg-ground px-4 md:hidden">
      <div className="flex-1">
        <Brand />
      </div>
      <IconButton label="Go to" icon={Search} onClick={onPalette} />
      <ThemeButton />
      <KeySwitcher compact />
    </header>
  );
}

function BottomBar() {
  return (
    <nav aria-label="Pages" className="fixed inset-x-0 bottom-0 z-20 flex border-t border-line bg-ground pb-[env(safe-area-inset-bottom)] md:hidden">
      {DESTINATIONS.map(({ title, to, icon: Icon }) => (
        <NavLink key={to} to={to} className="flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-xs text-muted aria-[current=page]:text-accent">
          <Icon aria-hidden size={18} strokeWidth={1.75} />
          {title}
        </NavLink>
      ))}
    </nav>
  );
}

const THEMES: Record<Theme, { icon: typeof Sun; next: Theme; label: string }> = {
  system: { icon: SunMoon, next: "light", label: "Theme: as the system" },
  light: { icon: Sun, next: "dark", label: "Theme: light" },
  dark: { icon: Moon, next: "system", label: "Theme: dark" },
};

function ThemeButton() {
  const { theme, setTheme } = useTheme();
  const { icon, next, label } = THEMES[theme];
  return <IconButton label={label} icon={icon} onClick={() => setTheme(next)} />;
}
