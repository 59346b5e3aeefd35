import { afterEach, describe, expect, it, vi } from "vitest";
import { face } from "../clock_controller.ts";
import { find, leavePage, openPage, press, settle } from "./page.ts";

afterEach(async () => {
  await leavePage();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("tabs", () => {
  const tabs = `
    <div data-controller="tabs"><div role="tablist">
      ${["line", "consent", "fields"]
        .map(
          (name) =>
            `<button role="tab" data-tab="${name}" aria-controls="${name}" data-tabs-target="tab" data-action="tabs#choose keydown->tabs#walk"></button>`,
        )
        .join("")}
    </div><div id="line"></div><div id="consent"></div><div id="fields"></div></div>`;

  const shown = () => ["line", "consent", "fields"].filter((id) => !find(`#${id}`).hidden);

  it("open with the first one, or with the one in the address", async () => {
    await openPage(tabs);
    expect(shown()).toEqual(["line"]);

    await openPage(tabs, "https://ma.tanomoa.example/people/1/?tab=consent");
    expect(shown()).toEqual(["consent"]);
  });

  it("leave the choice in the address and keep the rest of it", async () => {
    await openPage(tabs, "https://ma.tanomoa.example/people/1/?period=90");

    find("[data-tab=fields]").click();

    expect(shown()).toEqual(["fields"]);
    expect(location.search).toBe("?period=90&tab=fields");
  });

  it("walk by the arrows, around the end", async () => {
    await openPage(tabs);

    press("ArrowLeft", find("[data-tab=line]"));

    expect(shown()).toEqual(["fields"]);
    expect(document.activeElement).toBe(find("[data-tab=fields]"));
    expect(find("[data-tab=line]").tabIndex).toBe(-1);
  });
});

describe("number keys", () => {
  const results = `
    <form data-controller="shortcuts">
      <button type="button" data-shortcut="1">予約</button>
      <button type="button" data-shortcut="2" disabled>かけ直し</button>
      <input name="memo">
    </form>`;

  it("click what carries them", async () => {
    await openPage(results);
    const clicked = vi.fn();
    find("[data-shortcut='1']").addEventListener("click", clicked);

    press("1");

    expect(clicked).toHaveBeenCalledOnce();
  });

  it("are letters while somebody types, and the browser's with Ctrl", async () => {
    await openPage(results);
    const clicked = vi.fn();
    find("[data-shortcut='1']").addEventListener("click", clicked);

    press("1", find("input"));
    press("1", document.body, { ctrlKey: true });

    expect(clicked).not.toHaveBeenCalled();
  });

  it("leave a disabled button alone", async () => {
    await openPage(results);
    const clicked = vi.fn();
    find("[data-shortcut='2']").addEventListener("click", clicked);

    press("2");

    expect(clicked).not.toHaveBeenCalled();
  });
});

describe("search from everywhere", () => {
  const palette = `
    <div data-controller="command-palette">
      <input data-command-palette-target="input">
      <div id="results" data-command-palette-target="results"></div>
    </div>`;

  it("is called by Ctrl+K, walked by the arrows and opened by Enter", async () => {
    await openPage(palette);
    press("k", document.body, { ctrlKey: true });
    expect(document.activeElement).toBe(find("input"));

    find("#results").innerHTML =
      '<a role="option" href="#a">佐藤</a><a role="option" href="#b">青葉製作所</a>';
    find("#results").dispatchEvent(new Event("htmx:afterSwap", { bubbles: true }));
    press("ArrowDown", find("input"));
    const opened = vi.fn((event: Event) => event.preventDefault());
    find("a[href='#b']").addEventListener("click", opened);
    press("Enter", find("input"));

    expect(opened).toHaveBeenCalledOnce();
    expect(find("input").getAttribute("aria-activedescendant")).toBe("palette-result-1");
  });

  it("leaves Enter to the conversion of a Japanese word", async () => {
    await openPage(palette);
    find("#results").innerHTML = '<a role="option" href="#a">佐藤</a>';
    find("#results").dispatchEvent(new Event("htmx:afterSwap", { bubbles: true }));
    const opened = vi.fn();
    find("a").addEventListener("click", opened);

    press("Enter", find("input"), { isComposing: true });

    expect(opened).not.toHaveBeenCalled();
  });

  it("goes away by Escape", async () => {
    await openPage(palette);
    find("#results").innerHTML = '<a role="option" href="#a">佐藤</a>';

    press("Escape", find("input"));

    expect(find("#results").children).toHaveLength(0);
  });
});

describe("an undo", () => {
  const toast =
    '<div class="toasts"><div class="toast" data-controller="undo-toast"><button>元に戻す</button></div></div>';

  it("is offered for ten seconds", async () => {
    vi.useFakeTimers();
    await openPage(toast);

    await settle(9_900);
    expect(document.querySelector(".toast")).not.toBeNull();
    await settle(200);

    expect(document.querySelector(".toast")).toBeNull();
  });

  it("waits while the pointer rests on it", async () => {
    vi.useFakeTimers();
    await openPage(toast);

    await settle(5_000);
    find(".toast").dispatchEvent(new Event("pointerenter"));
    await settle(60_000);
    expect(document.querySelector(".toast")).not.toBeNull();
    find(".toast").dispatchEvent(new Event("pointerleave"));
    await settle(5_100);

    expect(document.querySelector(".toast")).toBeNull();
  });
});

describe("starting and sending", () => {
  it("asks once, with the number, before the form goes", async () => {
    await openPage(`
      <form data-controller="confirm-number">
        <button id="send" type="submit">206人に送る</button>
        <dialog data-confirm-number-target="dialog">
          <button id="yes" type="button" data-action="confirm-number#confirm">206人に送る</button>
        </dialog>
      </form>`);
    const sent = vi.fn((event: Event) => event.preventDefault());
    find("form").addEventListener("submit", sent);

    find("#send").click();
    expect(sent).not.toHaveBeenCalled();
    expect(find<HTMLDialogElement>("dialog").open).toBe(true);
    find("#yes").click();
    await settle();

    expect(sent).toHaveBeenCalledOnce();
    expect(find<HTMLDialogElement>("dialog").open).toBe(false);
  });
});

describe("the practice clock", () => {
  it("reads as people write it", () => {
    const moment = new Date("2026-04-28T05:00:00Z");

    expect(face(moment, "Asia/Tokyo", "ja")).toBe("2026/4/28(火) 14:00");
    expect(face(moment, "Asia/Tokyo", "en")).toBe("Tue, Apr 28, 2026, 14:00");
  });

  it("goes on from what the server said", async () => {
    vi.useFakeTimers();
    await openPage(`
      <p data-controller="clock" data-clock-now-value="2026-04-28T14:00:30+09:00"><b data-clock-target="face"></b></p>`);
    document.documentElement.lang = "ja";

    await settle(31_000);

    expect(find("b").textContent).toBe("2026/4/28(火) 14:01");
  });
});
