import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { axeForTests } from "./build/axe.ts";
import { iconSprite } from "./build/icons.ts";
import { dist, frontend, islandEntries } from "./build/paths.ts";

// The console's scripts and sheets. File names carry no hash: Django's static files manifest adds one.
// Chunks that islands share are imported by relative path, past that manifest, so they keep a hash.
export default defineConfig({
  root: frontend,
  base: "./",
  plugins: [iconSprite(), axeForTests()],
  css: {
    preprocessorOptions: { scss: { loadPaths: [resolve(frontend, "node_modules")], quietDeps: true } },
  },
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      // htmx has an eval that our configuration never reaches; Sass takes its time, which we know.
      checks: { eval: false, pluginTimings: false },
      input: {
        app: resolve(frontend, "app.ts"),
        public: resolve(frontend, "styles/public.css"),
        ...islandEntries(),
      },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "islands/chunks/[name]-[hash].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  server: { port: 5199, strictPort: true },
  test: {
    environment: "happy-dom",
    setupFiles: ["controllers/tests/xpath.ts"],
    include: ["{sdk,controllers,build}/tests/**/*.test.ts"],
    sequence: { shuffle: true },
  },
});
