import { Controller } from "@hotwired/stimulus";

/** ⌘K or Ctrl+K: search from everywhere. htmx brings the results, the arrows walk them. */
export default class extends Controller<HTMLElement> {
  static override targets = ["input", "results"];

  declare readonly inputTarget: HTMLInputElement;
  declare readonly resultsTarget: HTMLElement;

  override connect(): void {
    document.addEventListener("keydown", this.#call);
    document.addEventListener("click", this.#clickedOutside);
    this.element.addEventListener("keydown", this.#walk);
    this.resultsTarget.addEventListener("htmx:afterSwap", this.#arrived);
  }

  override disconnect(): void {
    document.removeEventListener("keydown", this.#call);
    document.removeEventListener("click", this.#clickedOutside);
    this.element.removeEventListener("keydown", this.#walk);
    this.resultsTarget.removeEventListener("htmx:afterSwap", this.#arrived);
  }

  readonly #call = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    this.inputTarget.focus();
    this.inputTarget.select();
  };

  readonly #walk = (event: KeyboardEvent): void => {
    // While a Japanese word is being converted, the arrows and Enter belong to the conversion.
    if (event.isComposing) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "ArrowDown") this.#choose(this.#chosen + 1, event);
    else if (event.key === "ArrowUp") this.#choose(this.#chosen - 1, event);
    else if (event.key === "Enter") this.#open(event);
  };

  readonly #arrived = (): void => {
    this.inputTarget.setAttribute("aria-expanded", String(this.#results.length > 0));
    this.#choose(0);
  };

  readonly #clickedOutside = (event: Event): void => {
    if (event.target instanceof Node && !this.element.contains(event.target)) this.#clear();
  };

  get #results(): HTMLElement[] {
    return [...this.resultsTarget.querySelectorAll<HTMLElement>('[role="option"]')];
  }

  get #chosen(): number {
    return this.#results.findIndex((result) => result.getAttribute("aria-selected") === "true");
  }

  #choose(index: number, event?: Event): void {
    const results = this.#results;
    if (results.length === 0) return;
    event?.preventDefault();
    const goal = (index + results.length) % results.length;
    for (const [place, result] of results.entries()) {
      result.id ||= `palette-result-${place}`;
      result.setAttribute("aria-selected", String(place === goal));
    }
    const chosen = results[goal];
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen !== undefined) this.inputTarget.setAttribute("aria-activedescendant", chosen.id);
  }

  #open(event: Event): void {
    const chosen = this.#results[this.#chosen];
    if (chosen === undefined) return;
    event.preventDefault();
    chosen.click();
  }

  #close(): void {
    this.inputTarget.value = "";
    this.inputTarget.blur();
    this.#clear();
  }

  #clear(): void {
    this.resultsTarget.replaceChildren();
    this.inputTarget.setAttribute("aria-expanded", "false");
    this.inputTarget.removeAttribute("aria-activedescendant");
  }
}
