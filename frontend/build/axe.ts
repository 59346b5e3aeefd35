import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";
import { frontend } from "./paths.ts";

/** Emits `test/axe.min.js`, which the browser tests run on every page; no page of the product loads it. */
export function axeForTests(): Plugin {
  return {
    name: "axe-for-tests",
    generateBundle() {
      const source = readFileSync(resolve(frontend, "node_modules/axe-core/axe.min.js"), "utf-8");
      this.emitFile({ type: "asset", fileName: "test/axe.min.js", source });
    },
  };
}
