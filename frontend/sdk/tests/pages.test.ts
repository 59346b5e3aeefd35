import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Collector, freshBrowser, snippet } from "./collector.ts";

describe("page views", () => {
  let collector: Collector;
  const { pushState, replaceState } = history;

  beforeEach(() => {
    vi.useFakeTimers();
    freshBrowser("https://tanomoa.example/");
    collector = new Collector();
  });

  afterEach(() => {
    Object.assign(history, { pushState, replaceState });
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("come by themselves, one for a page", async () => {
    snippet({ automaticPages: true });
    await collector.wait();

    expect(collector.events.map((event) => event.properties.path)).toEqual(["/"]);
  });

  it("carry the name that the site gives the page", async () => {
    document.head.innerHTML = '<meta name="tabiji-page" content="料金">';

    snippet({ automaticPages: true });
    await collector.wait();

    expect(collector.events[0]?.name).toBe("料金");
    document.head.innerHTML = "";
  });

  it("follow a single-page site, with its last address as the referrer", async () => {
    snippet({ automaticPages: true });

    history.pushState({}, "", "/pricing/?plan=omakase");
    document.title = "料金";
    await collector.wait();

    const view = collector.events.at(-1);
    expect(view?.properties).toMatchObject({ path: "/pricing/", search: "?plan=omakase", title: "料金" });
    expect(view?.properties.referrer).toBe("https://tanomoa.example/");
  });

  it("are not counted when only the state changes", async () => {
    snippet({ automaticPages: true });

    history.replaceState({ scroll: 100 }, "", "/");
    await collector.wait();

    expect(collector.events).toHaveLength(1);
  });

  it("are left to the site when it says so", async () => {
    snippet({ automaticPages: false });
    await collector.wait();

    expect(collector.events).toEqual([]);
  });
});
