import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Collector, freshBrowser, snippet } from "./collector.ts";

describe("attention", () => {
  let collector: Collector;
  const { pushState, replaceState } = history;

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-04-28T05:03:00Z") });
    freshBrowser("https://tanomoa.example/omakase/");
    collector = new Collector();
    Object.defineProperty(document.documentElement, "scrollHeight", { value: 4000, configurable: true });
    vi.stubGlobal("innerHeight", 800);
    vi.stubGlobal("scrollY", 0);
  });

  afterEach(() => {
    Object.assign(history, { pushState, replaceState });
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is told once, by beacon, when the page is left", async () => {
    snippet({ engagement: true, automaticPages: true });
    await collector.wait(10_000);
    scrollTo(2000);
    scrollTo(100);
    await collector.wait(5_000);

    dispatchEvent(new Event("pagehide"));
    dispatchEvent(new Event("pagehide"));
    await collector.wait(0);

    expect(collector.named("page_left")).toHaveLength(1);
    expect(collector.named("page_left")[0]?.properties).toEqual({ seconds: 15, scroll: 70 });
    expect(collector.requests.at(-1)?.by).toBe("beacon");
  });

  it("does not count who went away from the screen", async () => {
    snippet({ engagement: true, automaticPages: true });
    await collector.wait(3_600_000);

    dispatchEvent(new Event("pagehide"));
    await collector.wait(0);

    expect(collector.named("page_left")[0]?.properties.seconds).toBe(30);
  });

  it("does not count a hidden tab; who comes back adds to it", async () => {
    snippet({ engagement: true, automaticPages: true });
    await collector.wait(4_000);
    show("hidden");
    await collector.wait(20_000);
    show("visible");
    await collector.wait(6_000);
    show("hidden");
    await collector.wait(0);

    expect(collector.named("page_left").map((event) => event.properties.seconds)).toEqual([4, 6]);
    show("visible");
  });

  it("ends when the tab is hidden, not when it is closed in the background", async () => {
    snippet({ engagement: true, automaticPages: true });
    await collector.wait(4_000);
    show("hidden");
    await collector.wait(3_600_000);
    dispatchEvent(new Event("pointermove"));
    await collector.wait(5_000);
    dispatchEvent(new Event("pagehide"));
    await collector.wait(0);

    expect(collector.named("page_left").map((event) => event.properties.seconds)).toEqual([4]);
    show("visible");
  });

  it("does not begin before a tab opened behind, or a page rendered ahead, is seen", async () => {
    show("hidden");
    Object.defineProperty(document, "prerendering", { value: true, configurable: true });
    snippet({ engagement: true, automaticPages: true });
    await collector.wait(20_000);
    show("visible");
    await collector.wait(20_000);
    Reflect.deleteProperty(document, "prerendering");
    document.dispatchEvent(new Event("prerenderingchange"));
    await collector.wait(3_000);
    dispatchEvent(new Event("pagehide"));
    await collector.wait(0);

    expect(collector.named("page_left").map((event) => event.properties.seconds)).toEqual([3]);
  });

  it("of a single-page site stands at the page that was left", async () => {
    snippet({ engagement: true, automaticPages: true });
    await collector.wait(7_000);

    history.pushState({}, "", "/pricing/");
    await collector.wait();

    const [left] = collector.named("page_left");
    expect(left?.context.page.path).toBe("/omakase/");
    expect(left?.properties.seconds).toBe(7);
    expect(collector.events.at(-1)?.properties.path).toBe("/pricing/");
  });

  it("is not measured where the site says so", async () => {
    snippet({ engagement: false, automaticPages: true });
    await collector.wait(7_000);

    dispatchEvent(new Event("pagehide"));
    await collector.wait(0);

    expect(collector.named("page_left")).toEqual([]);
  });
});

function scrollTo(y: number): void {
  vi.stubGlobal("scrollY", y);
  dispatchEvent(new Event("scroll"));
}

function show(state: "hidden" | "visible"): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
