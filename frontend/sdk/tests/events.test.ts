import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Collector, freshBrowser, snippet } from "./collector.ts";

describe("events", () => {
  let collector: Collector;

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-04-28T05:03:00Z") });
    freshBrowser("https://tanomoa.example/omakase/");
    collector = new Collector();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("goes to the collector as one batch that needs no preflight", async () => {
    const tabiji = snippet();

    tabiji.track("見積もりを計算", { amount: 1_800_000 });
    tabiji.page("料金");
    await collector.wait();

    const [request, ...others] = collector.requests;
    expect(others).toEqual([]);
    expect(request?.url).toBe("https://collect.example/v1/batch");
    expect(request?.type).toMatch(/^text\/plain/);
    expect(request?.body.writeKey).toBe("write-key");
    expect(Date.parse(request?.body.sentAt ?? "")).not.toBeNaN();
    expect(collector.events.map((event) => event.type)).toEqual(["track", "page"]);
  });

  it("carries the page, the visit and the machine in its context", async () => {
    snippet().track("見た");
    await collector.wait();

    const context = collector.events[0]?.context;
    expect(context?.page).toMatchObject({
      path: "/omakase/",
      title: "トップ",
      url: "https://tanomoa.example/omakase/",
    });
    expect(context?.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(context).toHaveProperty("timezone");
    expect(context).toHaveProperty("locale");
    expect(context).toHaveProperty("screen.width");
  });

  it("gives every message an id of its own", async () => {
    const tabiji = snippet();

    for (let count = 0; count < 50; count += 1) tabiji.track("見た");
    await collector.wait(2000);

    expect(new Set(collector.events.map((event) => event.messageId)).size).toBe(50);
  });

  it("keeps the fragment of an address to itself", async () => {
    freshBrowser("https://tanomoa.example/omakase/#token=secret");

    snippet().page();
    await collector.wait();

    expect(JSON.stringify(collector.events)).not.toContain("secret");
  });

  it("names the person from identify on", async () => {
    const tabiji = snippet();

    tabiji.track("前");
    tabiji.identify("customer-41", { email: "sato@aoba.example" });
    tabiji.track("後");
    await collector.wait();

    expect(collector.events.map((event) => event.userId)).toEqual([undefined, "customer-41", "customer-41"]);
    expect(collector.events[1]?.traits).toEqual({ email: "sato@aoba.example" });
  });

  it("takes traits of somebody without a user id", async () => {
    snippet().identify({ email: "sato@aoba.example" });
    await collector.wait();

    expect(collector.events[0]?.traits).toEqual({ email: "sato@aoba.example" });
    expect(collector.events[0]).not.toHaveProperty("userId");
  });

  it("runs the calls that came before the script", async () => {
    window.tabiji = [["track", "早い", { n: 1 }]];

    snippet();
    await collector.wait();

    expect(collector.named("早い")[0]?.properties).toEqual({ n: 1 });
  });

  it("counts once where the snippet was pasted twice", async () => {
    snippet({ automaticPages: true });
    snippet({ automaticPages: true });
    await collector.wait();

    expect(collector.events).toHaveLength(1);
  });

  it("starts a new visit after half an hour of rest", async () => {
    const tabiji = snippet();

    tabiji.track("一");
    await collector.wait();
    vi.setSystemTime(Date.now() + 29 * 60_000);
    tabiji.track("二");
    await collector.wait();
    vi.setSystemTime(Date.now() + 31 * 60_000);
    tabiji.track("三");
    await collector.wait();

    const [first, second, third] = collector.events.map((event) => event.context.sessionId);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("tells the campaign once, with the first event of the visit", async () => {
    freshBrowser("https://tanomoa.example/?utm_source=google&utm_campaign=spring&gclid=abc&ldtag_cl=xyz");
    const tabiji = snippet();

    tabiji.page();
    tabiji.track("見た");
    await collector.wait();

    const [first, second] = collector.events;
    expect(first?.context.campaign).toEqual({ source: "google", name: "spring" });
    expect(first?.context.clickIds).toEqual({ gclid: "abc", ldtag_cl: "xyz" });
    expect(second?.context).not.toHaveProperty("campaign");
  });
});
