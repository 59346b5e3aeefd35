import { Controller } from "@hotwired/stimulus";
import { fetchFragment } from "./request.ts";

/**
 * A list whose items change places: dragged by the handle with any pointer, or by ↑ and ↓ on the handle.
 * Each item has `data-id`; the new order goes to `url` as `order=ID&order=ID…`.
 */
export default class extends Controller<HTMLElement> {
  static override targets = ["item", "handle", "spoken"];
  static override values = { url: String, spoken: String };

  declare readonly itemTargets: HTMLElement[];
  declare readonly spokenTarget: HTMLElement;
  declare readonly hasSpokenTarget: boolean;
  declare urlValue: string;
  /** For the ear: "{name}を {place}番目へ" */
  declare spokenValue: string;

  #dragged: HTMLElement | undefined;
  #orderBefore: string | undefined;

  handleTargetConnected(handle: HTMLElement): void {
    handle.addEventListener("pointerdown", this.#grab);
    handle.addEventListener("keydown", this.#step);
  }

  handleTargetDisconnected(handle: HTMLElement): void {
    handle.removeEventListener("pointerdown", this.#grab);
    handle.removeEventListener("keydown", this.#step);
  }

  readonly #grab = (event: PointerEvent): void => {
    const item = this.#itemOf(event);
    const handle = event.currentTarget as HTMLElement;
    if (item === undefined || event.button !== 0) return;
    event.preventDefault();
    this.#dragged = item;
    this.#orderBefore = this.#order;
    item.classList.add("is-dragging");
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", this.#drag);
    for (const name of ["pointerup", "pointercancel"]) {
      handle.addEventListener(name, () => this.#drop(handle), { once: true });
    }
  };

  /** The item changes places as soon as the pointer passes the middle of its neighbour. */
  readonly #drag = (event: PointerEvent): void => {
    const item = this.#dragged;
    if (item === undefined) return;
    for (const other of this.itemTargets) {
      if (other === item) continue;
      const { top, height } = other.getBoundingClientRect();
      const isBefore = Boolean(other.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_PRECEDING);
      if (isBefore && event.clientY > top + height / 2) other.after(item);
      else if (!isBefore && event.clientY < top + height / 2) {
        other.before(item);
        return;
      }
    }
  };

  #drop(handle: HTMLElement): void {
    handle.removeEventListener("pointermove", this.#drag);
    const item = this.#dragged;
    this.#dragged = undefined;
    item?.classList.remove("is-dragging");
    if (item !== undefined && this.#order !== this.#orderBefore) void this.#moved(item);
  }

  readonly #step = (event: KeyboardEvent): void => {
    const item = this.#itemOf(event);
    const items = this.itemTargets;
    if (item === undefined || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const here = items.indexOf(item);
    const neighbour = items[event.key === "ArrowUp" ? here - 1 : here + 1];
    if (neighbour === undefined) return;
    if (event.key === "ArrowUp") neighbour.before(item);
    else neighbour.after(item);
    (event.currentTarget as HTMLElement).focus();
    void this.#moved(item);
  };

  async #moved(item: HTMLElement): Promise<void> {
    this.#speak(item);
    this.dispatch("moved", { detail: { order: this.#order.split(",") } });
    if (this.urlValue === "") return;
    const body = new URLSearchParams(this.itemTargets.map((each) => ["order", each.dataset.id ?? ""]));
    const { status } = await fetchFragment(this.urlValue, { method: "POST", body });
    if (status >= 400) this.dispatch("refused", { detail: { status } });
  }

  #speak(item: HTMLElement): void {
    if (!this.hasSpokenTarget) return;
    const place = this.itemTargets.indexOf(item) + 1;
    const name = item.dataset.name ?? "";
    this.spokenTarget.textContent = this.spokenValue
      .replace("{name}", name)
      .replace("{place}", String(place));
  }

  get #order(): string {
    return this.itemTargets.map((item) => item.dataset.id ?? "").join(",");
  }

  #itemOf(event: Event): HTMLElement | undefined {
    const handle = event.currentTarget as Element;
    return this.itemTargets.find((item) => item.contains(handle));
  }
}
