import { afterEach, describe, expect, it, vi } from "vitest";
import { find, leavePage, openPage, press, server, settle } from "./page.ts";

afterEach(async () => {
  await leavePage();
  vi.unstubAllGlobals();
});

describe("bulk acts", () => {
  const list = `
    <section data-controller="select-all" data-select-all-total-value="1284">
      <input type="checkbox" id="page" data-select-all-target="page" data-action="select-all#togglePage">
      ${[1, 2, 3].map((id) => `<input type="checkbox" class="row" value="${id}" data-select-all-target="row" data-action="select-all#toggleRow">`).join("")}
      <div id="bar" data-select-all-target="bar">
        <b data-select-all-target="count"></b>
        <button id="all" data-select-all-target="everything" data-action="select-all#chooseEverything"></button>
        <button id="none" data-action="select-all#clear"></button>
        <input type="hidden" name="all_matches" data-select-all-target="all">
      </div>
    </section>`;

  const tick = async (selector: string) => {
    find<HTMLInputElement>(selector).click();
    await settle();
  };

  it("stay away until somebody is chosen", async () => {
    await openPage(list);

    expect(find("#bar").hidden).toBe(true);
  });

  it("say how many of this page they mean", async () => {
    await openPage(list);

    await tick(".row");

    expect(find("#bar").hidden).toBe(false);
    expect(find("b").textContent).toBe("1");
    expect(find<HTMLInputElement>("#page").indeterminate).toBe(true);
    expect(find("#all").hidden).toBe(true);
  });

  it("offer every match once the page is chosen, and tell the server", async () => {
    await openPage(list);

    await tick("#page");
    expect(find("#all").hidden).toBe(false);
    await tick("#all");

    expect(find("b").textContent).toBe("1,284");
    expect(find<HTMLInputElement>("[name=all_matches]").value).toBe("1");
  });

  it("mean this page again when one row is unticked", async () => {
    await openPage(list);

    await tick("#page");
    await tick("#all");
    await tick(".row");

    expect(find("b").textContent).toBe("2");
    expect(find<HTMLInputElement>("[name=all_matches]").value).toBe("");
  });
});

describe("an order that people change", () => {
  const blocks = `
    <section data-controller="sortable" data-sortable-url-value="/order/" data-sortable-spoken-value="{name}を{place}番目へ">
      <p id="spoken" data-sortable-target="spoken"></p>
      <ol>${["見出し", "文章", "ボタン"]
        .map(
          (name, place) =>
            `<li data-sortable-target="item" data-id="${place + 1}" data-name="${name}"><button data-sortable-target="handle"></button></li>`,
        )
        .join("")}</ol>
    </section>`;

  const order = () => [...document.querySelectorAll("li")].map((item) => item.dataset.id).join("");

  it("moves by the arrow keys, says so and tells the server", async () => {
    const asked = server(() => new Response(""));
    await openPage(blocks);

    press("ArrowDown", find("li button"));
    await settle();

    expect(order()).toBe("213");
    expect(find("#spoken").textContent).toBe("見出しを2番目へ");
    expect(String(asked[0]?.body)).toBe("order=2&order=1&order=3");
  });

  it("stays where it is at the end of the list", async () => {
    const asked = server(() => new Response(""));
    await openPage(blocks);

    press("ArrowUp", find("li button"));
    await settle();

    expect(order()).toBe("123");
    expect(asked).toHaveLength(0);
  });
});
