import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Collector, freshBrowser, leavePage, snippet } from "./collector.ts";

const later = (status: number) => async () => new Response("", { status });

describe("delivery", () => {
  let collector: Collector;

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-04-28T05:03:00Z") });
    freshBrowser();
    collector = new Collector();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("comes again under the same message id after a broken network", async () => {
    collector.answer = async () => Promise.reject(new TypeError("offline"));
    snippet().track("見た");
    await collector.wait();

    collector.answer = later(200);
    await collector.wait(1500);

    const ids = collector.events.map((event) => event.messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it("waits longer after each failure", async () => {
    collector.answer = later(503);
    snippet().track("見た");

    await collector.wait(1_300);
    const early = collector.requests.length;
    await collector.wait(60_000);

    expect(early).toBeLessThanOrEqual(2);
    expect(collector.requests.length).toBeGreaterThan(4);
    expect(collector.requests.length).toBeLessThan(12);
  });

  it("goes on at once when the network is back, in order", async () => {
    collector.answer = async () => Promise.reject(new TypeError("offline"));
    const tabiji = snippet();
    tabiji.track("一");
    await collector.wait(60_000);
    tabiji.track("二");
    const back = new Collector();

    dispatchEvent(new Event("online"));
    await back.wait(50);

    expect(back.events.map((event) => event.event)).toEqual(["一", "二"]);
  });

  it("does not repeat what the collector refuses for good", async () => {
    collector.answer = later(400);
    snippet().track("見た");

    await collector.wait(120_000);

    expect(collector.requests).toHaveLength(1);
    expect(localStorage.getItem("tbj_queue")).toBeNull();
  });

  it("keeps an undelivered event for the next page", async () => {
    collector.answer = later(503);
    snippet().track("見積もりを計算");
    await collector.wait(1000);
    const failed = collector.events[0]?.messageId;

    leavePage();
    leavePage();
    const next = new Collector();
    snippet();
    await next.wait(1000);

    expect(next.events.map((event) => event.messageId)).toContain(failed);
    expect(localStorage.getItem("tbj_queue")).toBeNull();
  });

  it("keeps no more than a hundred", async () => {
    collector.answer = later(503);
    const tabiji = snippet();

    for (let count = 0; count < 150; count += 1) tabiji.track("見た", { count });
    await collector.wait(100);

    const kept = JSON.parse(localStorage.getItem("tbj_queue") ?? "[]");
    expect(kept).toHaveLength(100);
    expect(kept.at(-1).properties.count).toBe(149);
  });

  it("forgets what has waited for more than a week", async () => {
    collector.answer = later(503);
    snippet().track("見た");
    await collector.wait(300);

    leavePage();
    vi.setSystemTime(Date.now() + 8 * 86_400_000);
    const next = new Collector();
    snippet();
    await next.wait(1000);

    expect(next.events).toEqual([]);
  });

  it("leaves by beacon when the page closes", async () => {
    snippet().track("最後");

    dispatchEvent(new Event("pagehide"));
    await collector.wait(0);

    const beacons = collector.requests.filter((request) => request.by === "beacon");
    expect(beacons.flatMap((request) => request.body.batch.map((event) => event.event))).toContain("最後");
    expect(beacons[0]?.type).toMatch(/^text\/plain/);
  });

  it("sends again what was under way when the tab was hidden and did not arrive", async () => {
    let fail: (reason: Error) => void = () => {};
    collector.answer = () => new Promise((_, reject) => (fail = reject));
    const tabiji = snippet();
    tabiji.track("一");
    await collector.wait(300);
    tabiji.track("二");
    dispatchEvent(new Event("pagehide"));
    await collector.wait(0);

    fail(new TypeError("offline"));
    collector.answer = later(200);
    await collector.wait(1500);

    expect(collector.events.map((event) => event.event)).toEqual(["一", "二", "一"]);
    expect(new Set(collector.named("一").map((event) => event.messageId)).size).toBe(1);
  });

  it("cuts batches to what a browser lets pass", async () => {
    const tabiji = snippet();

    for (let count = 0; count < 12; count += 1) tabiji.track("長い", { text: "あ".repeat(10_000) });
    await collector.wait(3000);

    expect(collector.named("長い")).toHaveLength(12);
    for (const request of collector.requests) {
      expect(request.body.batch.length).toBeLessThanOrEqual(6);
    }
  });

  it("works where the browser forbids storage", async () => {
    vi.stubGlobal("localStorage", {
      getItem: () => {
        throw new DOMException("denied", "SecurityError");
      },
    });

    snippet().track("見た");
    await collector.wait();

    expect(collector.named("見た")).toHaveLength(1);
  });
});
