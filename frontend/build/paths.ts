import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The front-end folder, and the folder that Django serves built files from. */
export const frontend = resolve(import.meta.dirname, "..");
export const dist = resolve(frontend, "../tabiji/web/static/dist");

const islandNames = ["journey-canvas", "condition-builder", "block-editor", "chart"];

/** One entry per island that exists: `islands/NAME/main.tsx` becomes `dist/islands/NAME.js`. */
export function islandEntries(): Record<string, string> {
  const entries = islandNames.map((name) => [
    `islands/${name}`,
    resolve(frontend, `islands/${name}/main.tsx`),
  ]);
  return Object.fromEntries(entries.filter(([, file]) => file !== undefined && existsSync(file)));
}
