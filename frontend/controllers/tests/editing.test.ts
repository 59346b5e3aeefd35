import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Asked, find, leavePage, openPage, server, settle, type } from "./page.ts";

const editor = `
  <form action="/mails/3/save/" data-controller="autosave blocks insert" data-action="submit->autosave#submitted input->blocks#say"
        data-autosave-saving-value="保存しています">
    <span class="saved" data-autosave-target="status"><input type="hidden" name="revision" value="4">14:31 保存済み</span>
    <button class="use" formaction="/mails/3/use/">使う</button>
    <input id="subject" name="subject" data-merge="1" value="様へ">
    <button class="put" type="button" data-action="insert#put" data-text="{{ person.last_name | default: 'お客様' }}" data-chosen="お客様">姓</button>
    <section class="block-list"><ol class="blocks" data-blocks-order="order">
      <li class="block" data-name="文章"><input type="hidden" name="order" value="b0"><button class="handle" type="button"></button>
        <div class="block-text" data-says="b0-text"></div><button class="block-toggle" type="button" aria-expanded="false" data-action="blocks#toggle"></button>
        <div class="block-fields" hidden><div class="field"><textarea name="b0-text"></textarea></div><button class="out" type="button" data-action="blocks#remove"></button></div></li>
    </ol><button class="add" type="button" data-action="blocks#add" data-kind="text"></button></section>
    <template data-blocks-target="blank" data-kind="text"><li class="block" data-name="文章"><input type="hidden" name="__order__" value="__key__">
      <button class="block-toggle" type="button"></button><div class="block-fields"><div class="field"><textarea name="__key__-text"></textarea></div></div></li></template>
    <template data-blocks-target="removed"><li class="block-removed"><span data-blocks-name></span><button type="button" data-action="blocks#restore"></button></li></template>
  </form>`;

function sent(one: Asked | undefined, name: string): FormDataEntryValue[] {
  return one?.body instanceof FormData ? one.body.getAll(name) : [];
}

describe("the editor of a mail", () => {
  let revision = 4;
  let asked: Asked[] = [];

  beforeEach(async () => {
    vi.useFakeTimers();
    revision = 4;
    asked = server(() => {
      revision += 1;
      return new Response(`<input type="hidden" name="revision" value="${revision}">14:32 保存済み`);
    });
    await openPage(editor);
  });

  afterEach(async () => {
    await leavePage();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("names with each saving the revision that the last answer brought", async () => {
    type(find<HTMLInputElement>("#subject"), "一");
    await settle(1600);
    type(find<HTMLInputElement>("#subject"), "二");
    await settle(1600);

    expect(asked.map((one) => sent(one, "revision"))).toEqual([["4"], ["5"]]);
  });

  it("lets an act go only when what was typed is saved", async () => {
    const gone = vi.spyOn(HTMLFormElement.prototype, "requestSubmit").mockImplementation(() => undefined);
    type(find<HTMLInputElement>("#subject"), "題");

    const submit = new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter: find(".use") });
    find("form").dispatchEvent(submit);
    await settle(10);

    expect(submit.defaultPrevented).toBe(true);
    expect(sent(asked[0], "subject")).toEqual(["題"]);
    expect(gone).toHaveBeenCalledWith(find(".use"));
    gone.mockRestore();
  });

  it("adds a block at the end, open and ready to be typed in, and saves it", async () => {
    find(".add").click();
    await settle(1600);

    const keys = sent(asked[0], "order");
    expect(keys).toHaveLength(2);
    expect(document.activeElement?.getAttribute("name")).toBe(`${String(keys[1])}-text`);
    expect(location.search).toBe("?block=2");
  });

  it("takes a block out, and puts it back with its words", async () => {
    type(find<HTMLInputElement>("textarea"), "きっかけは");
    find(".out").click();
    expect(document.querySelector("[name=order]")).toBeNull();
    expect(find(".block-removed").textContent).toContain("文章");

    await settle();
    find(".block-removed button").click();

    expect(find<HTMLTextAreaElement>("textarea").value).toBe("きっかけは");
    expect(find(".block-text").textContent).toBe("きっかけは");
  });

  it("puts a merge field where was typed, its fallback marked to be typed over", async () => {
    const subject = find<HTMLInputElement>("#subject");
    subject.focus();
    subject.dispatchEvent(new Event("focusin", { bubbles: true }));
    subject.setSelectionRange(0, 0);

    find(".put").click();

    expect(subject.value).toBe("{{ person.last_name | default: 'お客様' }}様へ");
    const { selectionStart, selectionEnd } = subject;
    expect(subject.value.slice(selectionStart ?? 0, selectionEnd ?? 0)).toBe("お客様");
  });
});
