import { QueryClient } from "@tanstack/react-query";
import { isTransient } from "./errors";

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
