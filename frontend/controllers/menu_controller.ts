import { Controller } from "@hotwired/stimulus";

/** A <details> menu: closes by Escape, by a click elsewhere, and when the focus leaves it; arrows walk. */
export default class extends Controller<HTMLDetailsElement> {
  override connect(): void {
    document.addEventListener("click", this.#clicked);
    this.element.addEventListener("focusout", this.#left);
    this.element.addEventListener("keydown", this.#pressed);
  }

  override disconnect(): void {
    document.removeEventListener("click", this.#clicked);
    this.element.removeEventListener("focusout", this.#left);
    this.element.removeEventListener("keydown", this.#pressed);
  }

  readonly #clicked = (event: Event): void => {
    if (event.target instanceof Node && !this.element.contains(event.target)) this.element.open = false;
  };

  readonly #left = (event: FocusEvent): void => {
    if (event.relatedTarget instanceof Node && !this.element.contains(event.relatedTarget)) {
      this.element.open = false;
    }
  };

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.element.open) {
      event.preventDefault();
      this.element.open = false;
      this.element.querySelector("summary")?.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#walk(event);
    }
  };

  #walk(event: KeyboardEvent): void {
    event.preventDefault();
    this.element.open = true;
    const items = [...this.element.querySelectorAll<HTMLElement>(".menu-list :is(a, button)")];
    const here = items.indexOf(document.activeElement as HTMLElement);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const goal = here === -1 && step === -1 ? items.length - 1 : (here + step + items.length) % items.length;
    items[goal]?.focus();
  }
}
