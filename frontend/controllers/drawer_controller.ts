import { Controller } from "@hotwired/stimulus";
import { writeParameters } from "./address.ts";

/** The panel at the right: opens when htmx puts something into it, and leaves the address when it closes. */
export default class extends Controller<HTMLElement> {
  static override targets = ["body"];
  static override values = { parameters: { type: String, default: "drawer" } };

  declare readonly bodyTarget: HTMLElement;
  declare parametersValue: string;

  #opener: Element | null = null;

  override connect(): void {
    document.addEventListener("htmx:beforeRequest", this.#remember);
    this.element.addEventListener("htmx:afterSwap", this.#open);
    document.addEventListener("keydown", this.#keydown);
  }

  override disconnect(): void {
    document.removeEventListener("htmx:beforeRequest", this.#remember);
    this.element.removeEventListener("htmx:afterSwap", this.#open);
    document.removeEventListener("keydown", this.#keydown);
  }

  close(event?: Event): void {
    event?.preventDefault();
    this.element.hidden = true;
    this.bodyTarget.replaceChildren();
    const names = this.parametersValue.split(",").map((name) => name.trim());
    writeParameters(Object.fromEntries(names.map((name) => [name, undefined])), "push");
    if (this.#opener instanceof HTMLElement) this.#opener.focus();
    this.dispatch("closed");
  }

  readonly #remember = (event: Event): void => {
    const { target, elt } = (event as CustomEvent<{ target: Node; elt: Element }>).detail;
    if (this.element.contains(target) && !this.element.contains(elt)) this.#opener = elt;
  };

  readonly #open = (): void => {
    if (!this.element.hidden) return;
    this.element.hidden = false;
    this.element.tabIndex = -1;
    this.element.focus({ preventScroll: true });
    this.dispatch("opened");
  };

  readonly #keydown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || this.element.hidden || event.defaultPrevented) return;
    if (document.querySelector("dialog[open], :popover-open") === null) this.close(event);
  };
}
