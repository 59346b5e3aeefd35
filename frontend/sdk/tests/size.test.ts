import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { dist } from "../../build/paths.ts";

it("the built snippet weighs at most 6 kB on the wire", () => {
  const built = readFileSync(resolve(dist, "sdk/tabiji.js"));

  const weight = gzipSync(built, { level: 9 }).length;

  expect(built.length).toBeGreaterThan(2000);
  expect(weight).toBeLessThanOrEqual(6 * 1024);
});
