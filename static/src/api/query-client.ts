import { QueryClient } from "@tanstack/react-query";
import { isReachable, subscribe as subscribeToConnection } from "./connection";
import { isTransient } from "./errors";
import { currentSession, subscribe as subscribeToSession } from "./session";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refused request stays refused; a server that is down is asked again by the banner.
      retry: (count, error) => isTransient(error) && count < 1,
      retryDelay: 600,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

// Whichever request finds the server again: what failed meanwhile is asked for anew. What did not fail is left alone,
// or one request that always fails and one that never does would take turns without end.
subscribeToConnection(() => {
  if (isReachable()) void queryClient.invalidateQueries({ predicate: ({ state }) => state.error !== null || state.fetchFailureCount > 0 });
});

let before = currentSession().active;

// Nothing of one team may stay for another. Another key of the same team may see more or less of the same.
subscribeToSession(() => {
  const { active } = currentSession();
  if (active === before) return;
  const isSameTeam = active !== null && active.me.team.id === before?.me.team.id;
  before = active;
  if (isSameTeam) return void queryClient.invalidateQueries();
  void queryClient.cancelQueries();
  return queryClient.clear();
});
