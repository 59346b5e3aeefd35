import { beforeAll, describe, expect, it } from "vitest";
import { sendFormsOnce } from "../once.ts";

function press(html: string, prevented = false): boolean[] {
  document.body.innerHTML = html;
  const form = document.querySelector("form") as HTMLFormElement;
  if (prevented) form.addEventListener("submit", (event) => event.preventDefault());
  return [1, 2].map(() => form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
}

describe("forms are sent once", () => {
  beforeAll(sendFormsOnce);

  it("holds back the second press", () => {
    expect(press('<form method="post"></form>')).toEqual([true, false]);
  });

  it("lets questions be asked again", () => {
    expect(press('<form method="get"></form>')).toEqual([true, true]);
  });

  it("forgets a sending that another script has stopped", () => {
    expect(press('<form method="post"></form>', true)).toEqual([false, false]);
    const form = document.querySelector("form") as HTMLFormElement;
    const fresh = form.cloneNode() as HTMLFormElement;
    form.replaceWith(fresh);
    expect(fresh.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }))).toBe(true);
  });

  it("lets what opens in another window be sent again", () => {
    expect(press('<form method="post" target="preview"></form>')).toEqual([true, true]);
  });
});
