import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where the API and the documentation are while developing. */
const backend = process.env["PROMPTLAB_URL"] ?? "http://127.0.0.1:8787";
const proxied = ["/api", "/v1", "/health", "/ready", "/metrics", "/openapi.json", "/docs", "/engine"];

/** The page's security policy allows no style element: sonner's styles come from its stylesheet instead. */
function withoutInjectedStyles(): Plugin {
  return {
    name: "without-injected-styles",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("/sonner/dist/index.mjs")) return null;
      const changed = code.replace(/^__insertCSS\(.*\);$/m, "");
      if (changed === code) throw new Error("sonner no longer injects its styles the way we know: see whether this plugin is still needed");
      return { code: changed, map: null };
    },
  };
}

/** Writes which modules each file holds, for `check-size.mjs`: a file's name does not say what was bundled into it. */
function withModules(): Plugin {
  return {
    name: "with-modules",
    generateBundle(_, bundle) {
      const files = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? [[file.fileName, file.moduleIds.map((id) => relative(here("."), id))] as const] : []));
      this.emitFile({ type: "asset", fileName: "modules.json", source: JSON.stringify(Object.fromEntries(files)) });
    },
  };
}

export default defineConfig({
  plugins: [withoutInjectedStyles(), react(), tailwindcss(), withModules()],
  resolve: {
    alias: {
      "@": here("src"),
      // The original writes style elements, which the page's security policy forbids.
      "react-remove-scroll": here("src/ui/remove-scroll.tsx"),
    },
  },
  // Dependencies that inject styles must pass through the plugin while developing too.
  optimizeDeps: { exclude: ["sonner"] },
  build: {
    outDir: here("../target/pages"),
    emptyOutDir: true,
    target: "es2023",
    // Nothing inline: the security policy allows files of this origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    chunkSizeWarningLimit: 600,
  },
  server: { port: 5173, proxy: Object.fromEntries(proxied.map((path) => [path, backend])) },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
