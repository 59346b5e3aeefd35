import { Controller } from "@hotwired/stimulus";
import { isPlain, isTyping } from "./keys.ts";

/** Keys for what stands on the screen: `data-shortcut="1"` is clicked by 1, never while somebody types. */
export default class extends Controller<HTMLElement> {
  override connect(): void {
    document.addEventListener("keydown", this.#pressed);
  }

  override disconnect(): void {
    document.removeEventListener("keydown", this.#pressed);
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    if (isTyping(event) || !isPlain(event) || event.repeat || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const target = [...this.element.querySelectorAll<HTMLElement>("[data-shortcut]")].find(
      (element) => element.dataset.shortcut === event.key && !isGone(element),
    );
    if (target === undefined) return;
    event.preventDefault();
    target.click();
  };
}

function isGone(element: HTMLElement): boolean {
  return element.closest("[hidden], :disabled, [aria-disabled=true]") !== null;
}
