import { Controller } from "@hotwired/stimulus";
import { fetchFragment, show } from "./request.ts";

const gap = 8;

/** 「なぜ?」: opens the answer beside the question, above everything, and loads it when it is not there yet. */
export default class extends Controller<HTMLElement> {
  static override targets = ["button", "answer"];
  static override values = { url: String };

  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly answerTarget: HTMLElement;
  declare urlValue: string;

  #loaded = false;

  override connect(): void {
    this.answerTarget.popover = "auto";
    this.answerTarget.hidden = false;
    this.buttonTarget.setAttribute("aria-expanded", "false");
    this.answerTarget.addEventListener("toggle", this.#toggled);
  }

  override disconnect(): void {
    this.answerTarget.removeEventListener("toggle", this.#toggled);
  }

  async toggle(event: Event): Promise<void> {
    event.preventDefault();
    this.answerTarget.togglePopover();
    if (this.urlValue === "" || this.#loaded) return;
    const { status, html } = await fetchFragment(this.urlValue);
    if (status >= 400) return;
    this.#loaded = true;
    show(this.answerTarget, html);
    this.#place();
  }

  readonly #toggled = (event: Event): void => {
    const isOpen = (event as ToggleEvent).newState === "open";
    this.buttonTarget.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.#place();
  };

  /** Below the question where there is room, else above, and always inside the window. */
  #place(): void {
    const question = this.buttonTarget.getBoundingClientRect();
    const answer = this.answerTarget.getBoundingClientRect();
    const below = question.bottom + gap;
    const fitsBelow = below + answer.height <= innerHeight - gap;
    const left = Math.min(question.left, innerWidth - answer.width - 12);
    this.answerTarget.style.top = `${fitsBelow ? below : Math.max(gap, question.top - gap - answer.height)}px`;
    this.answerTarget.style.left = `${Math.max(12, left)}px`;
  }
}
