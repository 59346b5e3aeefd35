import { Controller } from "@hotwired/stimulus";

type Field = HTMLInputElement | HTMLTextAreaElement;

/** Puts a merge field where somebody was typing last, and marks its fallback to be typed over. */
export default class extends Controller<HTMLElement> {
  #last: Field | undefined;

  override connect(): void {
    this.element.addEventListener("focusin", this.#met);
  }

  override disconnect(): void {
    this.element.removeEventListener("focusin", this.#met);
  }

  put(event: Event): void {
    const button = event.currentTarget as HTMLElement;
    const { text = "", chosen = "" } = button.dataset;
    const field = this.#field;
    button.closest("details")?.removeAttribute("open");
    if (field === undefined) return;
    const start = field.selectionStart ?? field.value.length;
    field.setRangeText(text, start, field.selectionEnd ?? start, "end");
    field.focus();
    const place = chosen === "" ? -1 : text.lastIndexOf(chosen);
    if (place >= 0) field.setSelectionRange(start + place, start + place + chosen.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  readonly #met = (event: Event): void => {
    const field = event.target;
    if (isField(field)) this.#last = field;
  };

  /** The last one that is still on the page and open, else the first that is. */
  get #field(): Field | undefined {
    if (this.#last?.isConnected === true && this.#last.closest("[hidden]") === null) return this.#last;
    const fields = this.element.querySelectorAll<Field>("[data-merge]");
    return [...fields].find((each) => each.closest("[hidden]") === null);
  }
}

function isField(element: EventTarget | null): element is Field {
  return (
    (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) &&
    element.dataset.merge !== undefined
  );
}
