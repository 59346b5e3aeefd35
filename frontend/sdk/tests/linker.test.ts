import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Collector, freshBrowser, leavePage, snippet } from "./collector.ts";

const domains = ["tanomoa.example", "shop.example"];
const visitor = "0c4de2f2-6f4e-4b1c-9c86-5a2a7f6b9d10";

describe("a visitor between two sites of one owner", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-04-28T05:03:00Z") });
    freshBrowser("https://tanomoa.example/");
    new Collector();
  });

  afterEach(() => {
    cameFrom("");
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("takes the id along by a link, and stays the same", () => {
    const id = snippet({ domains }).anonymousId();
    const address = pressed('<a href="https://www.shop.example/cart?item=3#top">買う</a>');
    expect(address).toMatch(/^https:\/\/www\.shop\.example\/cart\?item=3&_tbj=[^#]+#top$/);

    freshBrowser(address);
    cameFrom("https://tanomoa.example/");
    const arrived = snippet({ domains });

    expect(arrived.anonymousId()).toBe(id);
    expect(location.href).toBe("https://www.shop.example/cart?item=3#top");
    expect(document.cookie).toContain(`tbj_id=${id}`);
  });

  it("leaves the rest of a link as it was, every # of it", () => {
    snippet({ domains });

    expect(pressed('<a href="https://shop.example/#/cart#item=3">買う</a>')).toMatch(
      /^https:\/\/shop\.example\/\?_tbj=[^#]+#\/cart#item=3$/,
    );
  });

  it("tells no other site who they are, nor their own pages", () => {
    snippet({ domains });

    expect(pressed('<a href="https://other.example/">外</a>')).not.toContain("_tbj");
    expect(pressed('<a href="https://notshop.example/">似た名</a>')).not.toContain("_tbj");
    expect(pressed('<a href="/pricing/">料金</a>')).not.toContain("_tbj");
    expect(pressed('<a href="mailto:info@shop.example">メール</a>')).not.toContain("_tbj");
  });

  it("tells nobody who they are without consent", () => {
    snippet({ domains, consent: "waiting" });

    expect(pressed('<a href="https://shop.example/">買う</a>')).not.toContain("_tbj");
  });

  it.each([
    ["an old link", "https://shop.example/", 3 * 60_000, visitor],
    ["a link of tomorrow", "https://shop.example/", -86_400_000, visitor],
    ["a site that is not listed", "https://evil.example/", 1000, visitor],
    ["nowhere", "", 1000, visitor],
    ["something that is no id", "https://shop.example/", 1000, "x; Domain=example"],
  ])("is not believed from %s, and the address is clean either way", (_, referrer, age, id) => {
    const minute = (Date.now() - age).toString(36);
    freshBrowser(`https://tanomoa.example/?a=1&_tbj=${encodeURIComponent(`${id}.${minute}`)}&b=%20`);
    cameFrom(referrer);

    const tabiji = snippet({ domains });

    expect(tabiji.anonymousId()).not.toBe(id);
    expect(location.search).toBe("?a=1&b=%20");
  });

  it("who refused here stays nobody", () => {
    snippet().consent("denied");
    leavePage();
    const browser = window as unknown as { happyDOM: { setURL(url: string): void } };
    browser.happyDOM.setURL(`https://tanomoa.example/?_tbj=${visitor}.${Date.now().toString(36)}`);
    cameFrom("https://shop.example/");

    snippet({ domains });

    expect(document.cookie).not.toContain(visitor);
  });
});

function pressed(link: string): string {
  document.body.innerHTML = link;
  const anchor = document.querySelector("a") ?? document.createElement("a");
  anchor.addEventListener("click", (event) => event.preventDefault());
  anchor.dispatchEvent(new MouseEvent("mousedown", { bubbles: true }));
  anchor.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  return anchor.href;
}

function cameFrom(address: string): void {
  Object.defineProperty(document, "referrer", { value: address, configurable: true });
}
