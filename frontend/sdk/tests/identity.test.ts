import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Collector, freshBrowser, leavePage, snippet } from "./collector.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("who a visitor is", () => {
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

  it("is kept in a first-party cookie from page to page", async () => {
    const first = snippet().anonymousId();

    leavePage();
    const second = snippet().anonymousId();

    expect(first).toMatch(uuid);
    expect(second).toBe(first);
    expect(document.cookie).toContain(`tbj_id=${first}`);
  });

  it("survives a cleared cookie by its mirror, but not past its promised end", () => {
    const first = snippet({ cookieDays: 10 }).anonymousId();
    clearCookie();
    leavePage();

    expect(snippet().anonymousId()).toBe(first);

    clearCookie();
    leavePage();
    vi.setSystemTime(Date.now() + 11 * 86_400_000);
    expect(snippet().anonymousId()).not.toBe(first);
  });

  it("has no mirror when the site asked for the length of a session", () => {
    snippet({ storage: "session" }).anonymousId();

    expect(document.cookie).toContain("tbj_id=");
    expect(localStorage.getItem("tbj_id")).toBeNull();
  });

  it("leaves no trace when the site asked for none", async () => {
    const tabiji = snippet({ storage: "none" });

    tabiji.track("見た");
    await collector.wait();

    expect(collector.events[0]?.anonymousId).toMatch(uuid);
    expect(document.cookie).not.toContain("tbj_id=");
    expect(localStorage.length).toBe(0);
  });

  it("is nobody after a refusal: no cookie, and another id on each page", async () => {
    const before = snippet().anonymousId();

    leavePage();
    const tabiji = snippet();
    tabiji.consent("denied");
    tabiji.track("一");
    await collector.wait();
    leavePage();
    const next = snippet();
    next.track("二");
    await collector.wait();

    const ids = collector.events.map((event) => event.anonymousId);
    expect(new Set([before, ...ids]).size).toBe(3);
    expect(tabiji.anonymousId()).toBeUndefined();
    expect(document.cookie).not.toMatch(/tbj_id=[0-9a-f]/);
    expect(localStorage.getItem("tbj_queue")).toBeNull();
    expect(localStorage.getItem("tbj_session")).toBeNull();
  });

  it("hears a queued refusal before the first page view", async () => {
    window.tabiji = [["consent", "denied"]];

    snippet({ automaticPages: true });
    await collector.wait();

    expect(collector.events.map((event) => event.type)).toEqual(["page"]);
    expect(document.cookie).not.toMatch(/tbj_id=[0-9a-f]/);
  });

  it("joins this page's events to the visitor who consents late", async () => {
    const tabiji = snippet({ consent: "denied" });

    tabiji.track("前");
    tabiji.consent("granted");
    tabiji.track("後");
    await collector.wait();

    const [before, after] = collector.events.map((event) => event.anonymousId);
    expect(after).toBe(before);
    expect(document.cookie).toContain(`tbj_id=${after}`);
  });

  it("is somebody new after a reset", () => {
    const tabiji = snippet();
    const before = tabiji.anonymousId();

    tabiji.reset();

    expect(tabiji.anonymousId()).not.toBe(before);
  });

  it("gets an id where the browser has no randomUUID", () => {
    vi.spyOn(crypto, "randomUUID").mockImplementation(undefined as never);
    Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });

    expect(snippet().anonymousId()).toMatch(uuid);

    Reflect.deleteProperty(crypto, "randomUUID");
  });
});

function clearCookie(): void {
  // biome-ignore lint/suspicious/noDocumentCookie: plays the browser's own housekeeping
  document.cookie = "tbj_id=; Path=/; Max-Age=0";
}
