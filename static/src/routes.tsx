/**
 * Every page: its address, what it begins to fetch when it is entered, and its code, which is loaded then.
 * Loaders run while the page's code is on its way; they only start queries and never hold the navigation up.
 */
import { type LoaderFunctionArgs, redirect, type RouteObject } from "react-router";
import { prefetch, promptQuery } from "./api/queries";
import { canariesQuery, canaryQuery, experimentQuery, experimentsQuery, resultsQuery } from "./features/experiments/queries";
import { collectionsQuery, historyQuery, PROMPT_FILTERS, promptsQuery, versionsQuery } from "./features/prompts/queries";
import { readState } from "./lib/search-state";
import { paths } from "./paths";
import { PageError, ShellError } from "./shell/route-error";
import { Shell } from "./shell/shell";

/** Goes on to another address. That it draws nothing is said, or the router warns of it. */
const goOn = (address: string) => ({ loader: () => redirect(address), element: null });

type Page = NonNullable<RouteObject["Component"]>;

/** A page whose code is loaded when it is entered. */
function page(path: string, Component: () => Promise<Page>, loader?: (args: LoaderFunctionArgs) => unknown): RouteObject {
  return { path, lazy: { Component }, errorElement: <PageError />, ...(loader ? { loader } : {}) };
}

const loadPrompts = ({ request }: LoaderFunctionArgs) => prefetch(promptsQuery(readState({ ...PROMPT_FILTERS }, new URL(request.url).searchParams)), collectionsQuery);

const loadPrompt = ({ params: { prompt = "" } }: LoaderFunctionArgs) => prefetch(promptQuery(prompt), versionsQuery(prompt));

const loadHistory = ({ params: { prompt = "" }, request }: LoaderFunctionArgs) =>
  prefetch(promptQuery(prompt), historyQuery(prompt, new URL(request.url).searchParams.get("environment") ?? ""));

const prompts: RouteObject[] = [
  page("prompts", async () => (await import("./features/prompts/list-page")).PromptListPage, loadPrompts),
  page("new-prompt", async () => (await import("./features/prompts/new-page")).NewPromptPage),
  page("prompts/:prompt/edit", async () => (await import("./features/prompts/edit-page")).EditPromptPage, ({ params: { prompt = "" } }) => prefetch(promptQuery(prompt))),
  page("prompts/:prompt/diff", async () => (await import("./features/prompts/diff-page")).PromptDiffPage, loadPrompt),
  page("prompts/:prompt/history", async () => (await import("./features/prompts/history-page")).PromptHistoryPage, loadHistory),
  page("prompts/:prompt/:tab?", async () => (await import("./features/prompts/prompt-page")).PromptPage, loadPrompt),
];

const loadTrials = ({ request }: LoaderFunctionArgs) => {
  const { kind, ...filters } = readState({ kind: "experiments", status: "", prompt: "" }, new URL(request.url).searchParams);
  return prefetch(kind === "canaries" ? canariesQuery(filters) : experimentsQuery(filters));
};

const experiments: RouteObject[] = [
  page("experiments", async () => (await import("./features/experiments/list-page")).ExperimentListPage, loadTrials),
  page("experiments/new", async () => (await import("./features/experiments/new-page")).NewExperimentPage),
  page("experiments/:experiment", async () => (await import("./features/experiments/experiment-page")).ExperimentPage, ({ params: { experiment = "" } }) =>
    prefetch(experimentQuery(experiment), resultsQuery(experiment)),
  ),
  page("canaries/:canary", async () => (await import("./features/experiments/canary-page")).CanaryPage, ({ params: { canary = "" } }) => prefetch(canaryQuery(canary))),
];

const chat: RouteObject[] = [page("chat/:conversation?", async () => (await import("./features/chat/chat-page")).ChatPage)];

const analytics: RouteObject[] = [page("analytics", async () => (await import("./features/analytics/analytics-page")).AnalyticsPage)];

const settings: RouteObject[] = [
  { path: "settings", ...goOn(paths.keys()) },
  page("settings/keys", async () => (await import("./features/settings/keys-page")).KeysPage),
  page("settings/providers", async () => (await import("./features/settings/providers-page")).ProvidersPage),
  page("settings/team", async () => (await import("./features/settings/team-page")).TeamPage),
  page("settings/privacy", async () => (await import("./features/settings/privacy-page")).PrivacyPage),
  page("settings/audit", async () => (await import("./features/settings/audit-page")).AuditPage),
];

export const routes: RouteObject[] = [
  {
    path: "/sign-in",
    lazy: { Component: async () => (await import("./shell/sign-in-page")).SignInPage },
    errorElement: <ShellError />,
    HydrateFallback: () => null,
  },
  {
    path: "/",
    Component: Shell,
    errorElement: <ShellError />,
    HydrateFallback: () => null,
    children: [
      { index: true, ...goOn(paths.prompts()) },
      ...prompts,
      ...experiments,
      ...chat,
      ...analytics,
      ...settings,
      page("*", async () => (await import("./shell/not-found-page")).NotFoundPage),
    ],
  },
];
