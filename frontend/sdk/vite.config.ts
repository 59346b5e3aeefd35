import { resolve } from "node:path";
import { defineConfig } from "vite";
import { dist, frontend } from "../build/paths.ts";

// The snippet for other people's sites: one classic script, no module, no dependency, old browsers welcome.
export default defineConfig({
  root: frontend,
  build: {
    outDir: resolve(dist, "sdk"),
    emptyOutDir: true,
    target: "es2018",
    rolldownOptions: {
      input: resolve(frontend, "sdk/main.ts"),
      output: { format: "iife", entryFileNames: "tabiji.js" },
    },
  },
});
