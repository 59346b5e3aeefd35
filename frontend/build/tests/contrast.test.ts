import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { frontend } from "../paths.ts";

const tokens = Object.fromEntries(
  [
    ...readFileSync(resolve(frontend, "styles/tokens.css"), "utf-8").matchAll(
      /--([a-z0-9-]+): (#[0-9a-f]{6});/g,
    ),
  ].map(([, name, colour]) => [name ?? "", colour ?? ""]),
);

const text = ["ink", "ink-2", "ai", "shu", "wakatake", "yamabuki", "fuji"];
const grounds = ["paper", "card", "note"];
const pigments = ["ai", "shu", "wakatake", "yamabuki", "fuji"];

describe("text is readable", () => {
  for (const colour of text) {
    for (const ground of grounds) {
      it(`${colour} on ${ground}`, () => expect(contrast(colour, ground)).toBeGreaterThanOrEqual(4.5));
    }
  }

  for (const pigment of pigments) {
    it(`${pigment} on its own tint`, () => {
      expect(contrast(pigment, `${pigment}-soft`)).toBeGreaterThanOrEqual(4.5);
    });
    it(`secondary text on the tint of ${pigment}`, () => {
      expect(contrast("ink-2", `${pigment}-soft`)).toBeGreaterThanOrEqual(4.5);
    });
  }

  for (const ground of ["ai", "ai-deep", "shu", "shu-deep", "ink"]) {
    it(`white on ${ground}`, () => expect(contrast("card", ground)).toBeGreaterThanOrEqual(4.5));
  }

  it("secondary text in a hollow", () => expect(contrast("ink-2", "sand")).toBeGreaterThanOrEqual(4.5));
});

it("the outline of a field stands out from its ground (WCAG 1.4.11)", () => {
  expect(contrast("control", "card")).toBeGreaterThanOrEqual(3);
});

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(name: string): number {
  const colour = tokens[name];
  if (colour === undefined) throw new Error(`tokens.css has no --${name}`);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
