import { readdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Plugin } from "vite";
import { frontend } from "./paths.ts";

const tabler = resolve(frontend, "node_modules/@tabler/icons/icons/outline");
const own = resolve(frontend, "icons");

/** Emits `icons.svg`, one sprite of the Tabler outlines named in `icons/used.txt` and our own drawings. */
export function iconSprite(): Plugin {
  return {
    name: "icon-sprite",
    configureServer(server) {
      server.middlewares.use("/icons.svg", (_request, response) => {
        response.setHeader("Content-Type", "image/svg+xml");
        response.end(sprite());
      });
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "icons.svg", source: sprite() });
    },
  };
}

/** The sprite's text; an icon name that Tabler does not have fails the build with that name. */
export function sprite(): string {
  const outlines = usedNames().map((name) => outlineSymbol(name));
  const drawings = readdirSync(own)
    .filter((file) => file.endsWith(".svg"))
    .map((file) => drawingSymbol(resolve(own, file)));
  return `<svg xmlns="http://www.w3.org/2000/svg">${[...outlines, ...drawings].join("")}</svg>\n`;
}

function usedNames(): string[] {
  const lines = readFileSync(resolve(own, "used.txt"), "utf-8").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

function outlineSymbol(name: string): string {
  const inner = innerMarkup(readFileSync(resolve(tabler, `${name}.svg`), "utf-8"));
  const stroke =
    'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24" ${stroke}>${inner}</symbol>`;
}

function drawingSymbol(file: string): string {
  const markup = readFileSync(file, "utf-8");
  const viewBox = /viewBox="([^"]+)"/.exec(markup)?.[1];
  if (viewBox === undefined) throw new Error(`${file} has no viewBox; add one to its <svg>`);
  const paint = rootAttributes(markup, ["fill", "stroke", "stroke-width", "stroke-linecap"]);
  return `<symbol id="${basename(file, ".svg")}" viewBox="${viewBox}" ${paint}>${innerMarkup(markup)}</symbol>`;
}

function rootAttributes(markup: string, names: string[]): string {
  const root = /<svg[^>]*>/.exec(markup)?.[0] ?? "";
  return names.flatMap((name) => new RegExp(` ${name}="[^"]*"`).exec(root)?.[0].trim() ?? []).join(" ");
}

function innerMarkup(markup: string): string {
  return markup
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
    .replace(/>\s+</g, "><")
    .trim();
}
