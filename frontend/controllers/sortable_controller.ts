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

  override disconnect(): void {
    this.#drop();
  }

  handleTargetDisconnected(handle: HTMLElement): void {
    handle.removeEventListener("pointerdown", this.#grab);
    handle.removeEventListener("keydown", this.#step);
  }

  readonly #grab = (event: PointerEvent): void => {
    const item = this.#itemOf(event);
    if (item === undefined || event.button !== 0) return;
    event.preventDefault();
    this.#dragged = item;
    this.#orderBefore = this.#order;
    item.classList.add("is-dragging");
    document.addEventListener("pointermove", this.#drag);
    for (const name of ["pointerup", "pointercancel"] as const) document.addEventListener(name, this.#drop);
  };

  /** The item changes places as soon as the pointer passes the middle of its neighbour. */
  readonly #drag = (event: PointerEvent): void => {
    const item = this.#dragged;
    if (item === undefined) return;
    const items = this.itemTargets;
    const here = items.indexOf(item);
    const passedBelow = items.slice(here + 1).filter((other) => event.clientY > middle(other));
    const passedAbove = items.slice(0, here).filter((other) => event.clientY < middle(other));
    // The neighbours move, the item stays in the document: taken out of it, it would lose the pointer.
    for (const other of passedBelow) item.before(other);
    for (const other of passedAbove.reverse()) item.after(other);
  };

  readonly #drop = (): void => {
    document.removeEventListener("pointermove", this.#drag);
    for (const name of ["pointerup", "pointercancel"] as const)
      document.removeEventListener(name, this.#drop);
    const item = this.#dragged;
    this.#dragged = undefined;
    item?.classList.remove("is-dragging");
    if (item !== undefined && this.#order !== this.#orderBefore) void this.#moved(item);
  };

  readonly #step = (event: KeyboardEvent): void => {
    const item = this.#itemOf(event);
    const items = this.itemTargets;
    if (item === undefined || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const here = items.indexOf(item);
    const neighbour = items[event.key === "ArrowUp" ? here - 1 : here + 1];
    if (neighbour === undefined) return;
    if (event.key === "ArrowUp") item.after(neighbour);
    else item.before(neighbour);
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

function middle(element: HTMLElement): number {
  const { top, height } = element.getBoundingClientRect();
  return top + height / 2;
}
