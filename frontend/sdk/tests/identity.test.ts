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

  it("is not asked to wait for ever: what happened before the choice is told after it", async () => {
    const tabiji = snippet({ consent: "waiting", automaticPages: true });
    tabiji.track("前");
    dispatchEvent(new Event("pagehide"));
    await collector.wait(5000);
    expect(collector.requests).toEqual([]);
    expect([document.cookie, localStorage.length]).toEqual(["", 0]);
    expect(tabiji.anonymousId()).toBeUndefined();

    tabiji.consent("granted");
    await collector.wait();

    expect(collector.events.map((event) => event.event ?? event.type)).toEqual(["page", "前"]);
    expect(new Set(collector.events.map((event) => event.anonymousId))).toEqual(
      new Set([tabiji.anonymousId()]),
    );
  });

  it("who refuses after waiting is counted without an id, or not at all", async () => {
    const counted = snippet({ consent: "waiting" });
    counted.track("前");
    counted.consent("denied");
    await collector.wait();
    expect(collector.named("前")).toHaveLength(1);
    expect(document.cookie).not.toMatch(/tbj_id=[0-9a-f]/);

    freshBrowser();
    collector = new Collector();
    const unseen = snippet({ consent: "waiting", tellsWhenDenied: false });
    unseen.track("前");
    unseen.consent("denied");
    unseen.track("後");
    await collector.wait();
    expect(collector.events).toEqual([]);
  });

  it.each([
    ["while nobody had chosen", "waiting"],
    ["after it", "denied"],
  ] as const)("who refuses is not named by what a site said %s", async (_, consent) => {
    freshBrowser("https://tanomoa.example/omakase/?gclid=Cj0K&fbclid=IwAR&utm_source=google");
    const tabiji = snippet({ consent });
    tabiji.identify("customer-41", { email: "sato@aoba.example" });
    tabiji.page();
    tabiji.consent("denied");
    tabiji.identify("customer-42", { email: "sato@aoba.example" });
    tabiji.identify({ email: "sato@aoba.example" });
    tabiji.track("後");
    await collector.wait();

    expect(collector.events.map((event) => event.event ?? event.type)).toEqual(["page", "後"]);
    expect(JSON.stringify(collector.requests)).not.toMatch(/customer-4|sato|clickIds|Cj0K|IwAR/);
    expect(collector.events[0]?.properties).toMatchObject({ search: "?utm_source=google" });
  });

  it("begins anew at a refusal, even for what was held", async () => {
    const held = vi.spyOn(crypto, "randomUUID");
    const tabiji = snippet({ consent: "waiting" });
    tabiji.track("前");
    const before = held.mock.results.map((result) => result.value);
    held.mockRestore();
    tabiji.consent("denied");
    await collector.wait();

    const [event] = collector.events;
    expect(before).toContain(event?.messageId);
    expect(before).not.toContain(event?.anonymousId);
    expect(before).not.toContain(event?.context.sessionId);
  });

  it("holds no more than a hundred events while nobody has chosen", async () => {
    const tabiji = snippet({ consent: "waiting" });
    for (let count = 0; count < 150; count += 1) tabiji.track("見た", { count });

    tabiji.consent("granted");
    await collector.wait(5000);

    expect(collector.named("見た")).toHaveLength(100);
    expect(collector.named("見た").at(-1)?.properties.count).toBe(149);
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

  it.each(["setItem", "every access"])("is a choice that holds where storage refuses %s", async (refused) => {
    refuseStorage(refused === "setItem");
    const first = snippet({ consent: "waiting" });
    first.track("前");
    first.consent("granted");
    first.track("後");
    await collector.wait();
    expect(collector.events.map((event) => event.event)).toEqual(["前", "後"]);

    first.consent("denied");
    expect(first.anonymousId()).toBeUndefined();
    leavePage();
    const next = snippet();
    next.track("次");
    await collector.wait();

    expect(next.anonymousId()).toBeUndefined();
    expect(document.cookie).toContain("tbj_consent=denied");
    expect(document.cookie).not.toMatch(/tbj_id=[0-9a-f]/);
  });

  it("is a choice of this page where nothing can be kept at all", () => {
    refuseStorage(false);
    Object.defineProperty(document, "cookie", { get: () => "", set: () => {}, configurable: true });
    const tabiji = snippet();

    tabiji.consent("denied");

    expect(tabiji.anonymousId()).toBeUndefined();
    Reflect.deleteProperty(document, "cookie");
  });

  it("hears the choice made last, in storage or in its cookie", () => {
    snippet().consent("granted");
    refuseStorage(true);
    leavePage();
    snippet().consent("denied");
    leavePage();
    expect(snippet().anonymousId()).toBeUndefined();

    vi.unstubAllGlobals();
    new Collector();
    leavePage();
    snippet().consent("granted");
    leavePage();
    expect(snippet().anonymousId()).toMatch(uuid);
    expect(document.cookie).not.toMatch(/tbj_consent=[a-z]/);
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

/** The disk is full, or the browser lets nobody near its storage. */
function refuseStorage(onlyWriting: boolean): void {
  const refuse = () => {
    throw new DOMException("refused", "QuotaExceededError");
  };
  const real = localStorage;
  const reading = {
    getItem: (key: string) => real.getItem(key),
    removeItem: (key: string) => real.removeItem(key),
  };
  vi.stubGlobal("localStorage", {
    getItem: refuse,
    removeItem: refuse,
    ...(onlyWriting && reading),
    setItem: refuse,
  });
}

function clearCookie(): void {
  // biome-ignore lint/suspicious/noDocumentCookie: plays the browser's own housekeeping
  document.cookie = "tbj_id=; Path=/; Max-Age=0";
}
