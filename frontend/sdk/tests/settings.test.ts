import { describe, expect, it, vi } from "vitest";
import { readSettings } from "../settings.ts";

function script(attributes: string): HTMLElement {
  document.body.innerHTML = `<script ${attributes}></script>`;
  return document.querySelector("script") ?? document.body;
}

describe("the script tag", () => {
  it("needs a key and a host, and says so", () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});

    expect(readSettings(script('data-key="abc"'))).toBeUndefined();
    expect(said.mock.calls[0]?.[0]).toContain("data-host");
    said.mockRestore();
  });

  it("reads plain defaults", () => {
    expect(readSettings(script('data-key="abc" data-host="https://collect.example/"'))).toEqual({
      key: "abc",
      host: "https://collect.example",
      storage: "cookie",
      cookieDays: 395,
      cookieDomain: "",
      consent: "granted",
      tellsWhenDenied: true,
      automaticPages: true,
      engagement: true,
      domains: [],
    });
  });

  it("never lets a cookie live longer than thirteen months", () => {
    const settings = readSettings(
      script('data-key="a" data-host="https://c.example" data-cookie-days="3650"'),
    );

    expect(settings?.cookieDays).toBe(395);
  });
});
