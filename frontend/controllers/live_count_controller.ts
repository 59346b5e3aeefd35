import { Controller } from "@hotwired/stimulus";
import { csrfToken, show } from "./request.ts";

/** Sends the form as it stands and shows how many people it means, within a second of the last key. */
export default class extends Controller<HTMLFormElement> {
  static override targets = ["count", "effect"];
  static override values = { url: String, delay: { type: Number, default: 300 } };

  declare readonly countTarget: HTMLElement;
  declare readonly effectTargets: HTMLElement[];
  declare urlValue: string;
  declare delayValue: number;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #question: AbortController | undefined;

  override connect(): void {
    this.element.addEventListener("input", this.#changed);
    this.element.addEventListener("change", this.#changed);
  }

  override disconnect(): void {
    this.element.removeEventListener("input", this.#changed);
    this.element.removeEventListener("change", this.#changed);
    clearTimeout(this.#timer);
    this.#question?.abort();
  }

  /** For what changes the conditions without a key: a line added, removed or moved. */
  recount(event: Event): void {
    // An answer also says what each line removes, inside the lines: no reason to ask again, forever.
    if (this.effectTargets.some((one) => one === event.target)) return;
    this.#changed();
  }

  readonly #changed = (): void => {
    clearTimeout(this.#timer);
    this.countTarget.dataset.state = "counting";
    this.#timer = setTimeout(() => void this.#count(), this.delayValue);
  };

  async #count(): Promise<void> {
    // A newer question makes the older answer worthless: the server may stop counting.
    this.#question?.abort();
    const question = new AbortController();
    this.#question = question;
    try {
      const response = await fetch(this.urlValue, {
        method: "POST",
        body: new FormData(this.element),
        headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
        signal: question.signal,
      });
      const html = await response.text();
      if (question.signal.aborted) return;
      // 422: the conditions are not complete yet; the server says which line.
      if (response.ok || response.status === 422) show(this.countTarget, html);
      this.countTarget.dataset.state = response.ok ? "counted" : "failed";
    } catch (problem) {
      if (!(problem instanceof DOMException && problem.name === "AbortError")) {
        this.countTarget.dataset.state = "failed";
      }
    }
  }
}
