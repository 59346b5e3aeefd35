import { Controller } from "@hotwired/stimulus";
import { fetchFragment, show } from "./request.ts";

const slowest = 10_000;

/** Asks how far the work is, each second while somebody looks, until the answer carries `data-done`. */
export default class extends Controller<HTMLElement> {
  static override values = { url: String, every: { type: Number, default: 1000 }, next: String };

  declare urlValue: string;
  declare everyValue: number;
  /** Where to go when it is done. */
  declare nextValue: string;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = 0;

  override connect(): void {
    this.#pause = this.everyValue;
    document.addEventListener("visibilitychange", this.#seen);
    this.#askSoon();
  }

  override disconnect(): void {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
  }

  readonly #seen = (): void => {
    if (document.visibilityState === "visible") this.#askSoon();
  };

  #askSoon(): void {
    clearTimeout(this.#timer);
    if (this.#isDone) this.#finish();
    else if (document.visibilityState !== "hidden") {
      this.#timer = setTimeout(() => void this.#ask(), this.#pause);
    }
  }

  async #ask(): Promise<void> {
    try {
      const { status, html } = await fetchFragment(this.urlValue);
      if (status < 400) show(this.element, html);
      this.#pause = status < 400 ? this.everyValue : this.#slower;
    } catch {
      this.#pause = this.#slower;
    }
    if (this.element.isConnected) this.#askSoon();
  }

  get #slower(): number {
    return Math.min(this.#pause * 2, slowest);
  }

  get #isDone(): boolean {
    return this.element.querySelector("[data-done]") !== null;
  }

  #finish(): void {
    document.removeEventListener("visibilitychange", this.#seen);
    this.dispatch("done");
    if (this.nextValue !== "") location.assign(this.nextValue);
  }
}
