import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { sprite } from "../icons.ts";
import { frontend } from "../paths.ts";

const sheets = resolve(frontend, "styles");
const read = (file: string) => readFileSync(file, "utf-8");

it("the catalogue names every class of the sheets, and the sheets have every class that it names", () => {
  const written = namedIn(read(resolve(sheets, "README.md")));
  const defined = new Set(
    readdirSync(sheets)
      .filter((file) => file.endsWith(".css"))
      .flatMap((file) => [...selectorsOf(read(resolve(sheets, file)))]),
  );

  expect([...defined].filter((name) => !written.has(name))).toEqual([]);
  expect([...written].filter((name) => !defined.has(name))).toEqual([]);
});

it("the pattern page uses only icons that the sprite has", () => {
  const icons = new Set([...sprite().matchAll(/<symbol id="([^"]+)"/g)].map(([, id]) => id));
  const used = [...read(resolve(sheets, "pattern.html")).matchAll(/icons\.svg#([a-z0-9-]+)/g)].map(
    ([, id]) => id,
  );

  expect(used.filter((id) => !icons.has(id))).toEqual([]);
});

it("no example carries a style attribute or an inline script, which the policy of our pages forbids", () => {
  for (const file of ["pattern.html", "README.md"]) {
    expect(read(resolve(sheets, file))).not.toMatch(/\sstyle="|<script>|\son[a-z]+="/);
  }
});

function selectorsOf(css: string): Set<string> {
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, "").replace(/"[^"]*"/g, "");
  return new Set([...plain.matchAll(/\.([a-z][a-z0-9-]*)(?=[^{};]*\{)/g)].map(([, name]) => name ?? ""));
}

function namedIn(markdown: string): Set<string> {
  const inExamples = [...markdown.matchAll(/class="([^"]+)"/g)].flatMap(
    ([, names]) => names?.split(/\s+/) ?? [],
  );
  const inText = [...markdown.matchAll(/`\.([a-z][a-z0-9-]*)`/g)].map(([, name]) => name ?? "");
  return new Set([...inExamples, ...inText]);
}
