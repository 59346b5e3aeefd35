import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Asked, find, leavePage, openPage, server, settle, type } from "./page.ts";

const draft = `
  <form action="/mails/3/draft/" data-controller="autosave"
        data-autosave-saving-value="保存しています" data-autosave-failed-value="保存できませんでした">
    <input name="subject" value=""><span class="saved" data-autosave-target="status"></span>
  </form>`;

function subject(one: Asked | undefined): unknown {
  return one?.body instanceof FormData ? one.body.get("subject") : undefined;
}

describe("a draft", () => {
  beforeEach(() => void vi.useFakeTimers());

  afterEach(async () => {
    await leavePage();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is saved a second and a half after the last key, once", async () => {
    const asked = server(() => new Response("14:32 保存済み"));
    await openPage(draft);

    type(find("input"), "FAX");
    await settle(1000);
    type(find("input"), "FAXの受発注");
    await settle(1000);
    expect(asked).toHaveLength(0);
    await settle(600);

    expect(asked).toHaveLength(1);
    expect(subject(asked[0])).toBe("FAXの受発注");
    expect(find(".saved").textContent).toBe("14:32 保存済み");
    expect(find(".saved").dataset.state).toBe("saved");
  });

  it("says when it could not be saved, and tries again with the next key", async () => {
    let isDown = true;
    const asked = server(() => {
      if (isDown) throw new TypeError("offline");
      return new Response("14:33 保存済み");
    });
    await openPage(draft);

    type(find("input"), "FAX");
    await settle(1600);
    expect(find(".saved").textContent).toBe("保存できませんでした");
    isDown = false;
    type(find("input"), "FAXの");
    await settle(1600);

    expect(asked).toHaveLength(2);
    expect(find(".saved").textContent).toBe("14:33 保存済み");
  });

  it("saves what was typed while a save was under way", async () => {
    const waiting: ((response: Response) => void)[] = [];
    const asked = server(() => new Promise<Response>((resolve) => waiting.push(resolve)));
    await openPage(draft);

    type(find("input"), "一");
    await settle(1600);
    type(find("input"), "一二");
    await settle(1600);
    expect(asked).toHaveLength(1);
    waiting[0]?.(new Response("14:32 保存済み"));
    await settle(1600);

    expect(asked).toHaveLength(2);
    expect(subject(asked[1])).toBe("一二");
  });

  it("is sent off when the page closes too early", async () => {
    const asked = server(() => new Response(""));
    await openPage(draft);

    type(find("input"), "最後");
    dispatchEvent(new Event("pagehide"));
    await settle(0);

    expect(asked).toHaveLength(1);
    expect(asked[0]?.keepalive).toBe(true);
  });

  it("shows the server's words when somebody else edits", async () => {
    server(() => new Response("森 真琴さんが編集中です", { status: 409 }));
    await openPage(draft);

    type(find("input"), "FAX");
    await settle(1600);

    expect(find(".saved").textContent).toBe("森 真琴さんが編集中です");
    expect(find(".saved").dataset.state).toBe("failed");
  });
});

describe("the count of a segment", () => {
  const builder = `
    <form data-controller="live-count" data-live-count-url-value="/count/">
      <input name="score" value="40"><output data-live-count-target="count"></output>
    </form>`;

  beforeEach(() => void vi.useFakeTimers());

  afterEach(async () => {
    await leavePage();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("follows within a second of the last key", async () => {
    server(() => new Response("206人"));
    await openPage(builder);

    type(find("input"), "80");
    await settle(400);

    expect(find("output").textContent).toBe("206人");
    expect(find("output").dataset.state).toBe("counted");
  });

  it("never shows the answer to an older question", async () => {
    const waiting: ((response: Response) => void)[] = [];
    server(() => new Promise<Response>((resolve) => waiting.push(resolve)));
    await openPage(builder);

    type(find("input"), "8");
    await settle(400);
    type(find("input"), "80");
    await settle(400);
    waiting[1]?.(new Response("206人"));
    await settle(0);
    waiting[0]?.(new Response("5,000人"));
    await settle(0);

    expect(find("output").textContent).toBe("206人");
  });

  it("asks again for new lines, and not for what its answer said inside them", async () => {
    const asked = server(() => new Response("206人"));
    await openPage(`
      <form data-controller="live-count" data-live-count-url-value="/count/">
        <div data-action="htmx:afterSettle->live-count#recount">
          <p class="new"></p><span data-live-count-target="effect">−40人</span></div>
        <output data-live-count-target="count"></output>
      </form>`);
    const settles = (selector: string) =>
      find(selector).dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true }));

    settles("span");
    await settle(400);
    expect(asked).toHaveLength(0);
    settles(".new");
    await settle(400);
    expect(asked).toHaveLength(1);
  });

  it("says that it could not count", async () => {
    server(() => new Response("", { status: 503 }));
    await openPage(builder);

    type(find("input"), "80");
    await settle(400);

    expect(find("output").dataset.state).toBe("failed");
  });
});

describe("progress", () => {
  afterEach(async () => {
    await leavePage();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is asked for each second until it is done", async () => {
    vi.useFakeTimers();
    const answers = ["<p>200 / 832行</p>", "<p>600 / 832行</p>", "<p data-done>832行を取り込みました</p>"];
    const asked = server(() => new Response(answers.shift() ?? "late"));
    await openPage(
      '<div id="import" data-controller="progress" data-progress-url-value="/imports/5/"></div>',
    );

    await settle(10_000);

    expect(asked).toHaveLength(3);
    expect(find("#import").textContent).toBe("832行を取り込みました");
  });
});
