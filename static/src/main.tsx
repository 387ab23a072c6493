import "./styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { queryClient } from "./api/query-client";
import { routes } from "./routes";
import { joinTabs } from "./shell/hand-over";
import { useTheme } from "./shell/theme";
import { HintProvider } from "./ui/tooltip";

/** Nothing is announced before a page is there. */
const Toaster = lazy(async () => ({ default: (await import("sonner")).Toaster }));

function Application({ router }: { router: ReturnType<typeof createBrowserRouter> }) {
  const { theme } = useTheme();
  return (
    <QueryClientProvider client={queryClient}>
      <HintProvider>
        <RouterProvider router={router} />
        <Suspense>
          <Toaster theme={theme} position="bottom-right" visibleToasts={4} />
        </Suspense>
      </HintProvider>
    </QueryClientProvider>
  );
}

function start(): void {
  const element = document.getElementById("root");
  if (!element) throw new Error("the page has no place for the application");
  createRoot(element).render(
    <StrictMode>
      <Application router={createBrowserRouter(routes)} />
    </StrictMode>,
  );
}

// The loaders of the first page need the key that another tab may have.
void joinTabs().then(start);
