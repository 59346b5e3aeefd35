import { Controller } from "@hotwired/stimulus";
import { writeParameters } from "./address.ts";

/**
 * A document as a list of blocks inside a form: opened, added from blanks, taken out and put back. Whatever
 * changes the list says `change` on the form, so that it is saved and looked at like a key that was typed.
 */
export default class extends Controller<HTMLFormElement> {
  static override targets = ["blank", "removed"];

  declare readonly blankTargets: HTMLTemplateElement[];
  declare readonly removedTarget: HTMLTemplateElement;

  /** By the line that stands in its place. */
  readonly #takenOut = new WeakMap<Element, HTMLElement>();
  #made = 0;

  add(event: Event): void {
    const button = event.currentTarget as HTMLElement;
    const list = button.closest(".block-list")?.querySelector<HTMLElement>(":scope > .blocks");
    const blank = this.blankTargets.find((each) => each.dataset.kind === button.dataset.kind);
    if (list === null || list === undefined || blank === undefined) return;
    button.closest("details")?.removeAttribute("open");
    list.insertAdjacentHTML("beforeend", this.#filled(blank, list));
    const made = list.lastElementChild;
    if (!(made instanceof HTMLElement)) return;
    this.#open(made);
    made.querySelector<HTMLElement>(".field :is(input, textarea, select)")?.focus();
    this.changed();
  }

  toggle(event: Event): void {
    const block = (event.currentTarget as Element).closest<HTMLElement>(".block");
    if (block === null) return;
    if (block.classList.contains("block-open")) this.#close(block);
    else this.#open(block);
  }

  /** Opens the block that a problem names, at the field that it names. */
  show(event: Event): void {
    const { number = "", part = "" } = (event.currentTarget as HTMLElement).dataset;
    event.preventDefault();
    if (number === "" || number === "0") {
      this.#meet(this.element.querySelector<HTMLElement>(`[name="${part}"]`));
      return;
    }
    const block = this.#topBlocks[Number(number) - 1];
    if (block === undefined) {
      document.querySelector(".block-locked")?.scrollIntoView({ block: "center" });
      return;
    }
    this.#open(block);
    const named = block.querySelector<HTMLElement>(`[name$="-${part.split(".").at(-1) ?? ""}"]`);
    this.#meet(named ?? block.querySelector<HTMLElement>(".block-toggle"));
  }

  /** Opens what is around a field that a link names. */
  find(event: Event): void {
    const link = event.currentTarget as HTMLAnchorElement;
    const field = document.getElementById(link.hash.slice(1));
    if (field === null) return;
    event.preventDefault();
    this.#meet(field);
  }

  remove(event: Event): void {
    const block = (event.currentTarget as Element).closest<HTMLElement>(".block");
    const line = this.removedTarget.content.firstElementChild?.cloneNode(true);
    if (block === null || !(line instanceof HTMLElement)) return;
    const name = line.querySelector("[data-blocks-name]");
    if (name !== null) name.textContent = block.dataset.name ?? "";
    this.#takenOut.set(line, block);
    block.replaceWith(line);
    line.querySelector("button")?.focus();
    this.changed();
  }

  restore(event: Event): void {
    const line = (event.currentTarget as Element).closest(".block-removed");
    const block = line === null ? undefined : this.#takenOut.get(line);
    if (line === null || block === undefined) return;
    line.replaceWith(block);
    block.querySelector<HTMLElement>(".handle")?.focus();
    this.changed();
  }

  /** The words of a closed block follow what is typed. */
  say(event: Event): void {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
    const words = this.element.querySelector(`[data-says="${CSS.escape(field.name)}"]`);
    if (words !== null) words.textContent = field.value.slice(0, 120);
  }

  changed(): void {
    this.element.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #filled(blank: HTMLTemplateElement, list: HTMLElement): string {
    this.#made += 1;
    const key = `n${Date.now().toString(36)}${this.#made}`;
    return blank.innerHTML
      .replaceAll("__key__", key)
      .replaceAll("__order__", list.dataset.blocksOrder ?? "order");
  }

  #open(block: HTMLElement): void {
    for (const other of block.parentElement?.querySelectorAll<HTMLElement>(":scope > .block-open") ?? []) {
      if (other !== block) this.#close(other);
    }
    this.#set(block, true);
    const place = this.#topBlocks.indexOf(block);
    if (place >= 0) writeParameters({ block: String(place + 1) }, "replace");
  }

  #close(block: HTMLElement): void {
    this.#set(block, false);
    if (this.#topBlocks.includes(block)) writeParameters({ block: undefined }, "replace");
  }

  #set(block: HTMLElement, isOpen: boolean): void {
    const fields = block.querySelector<HTMLElement>(":scope > .block-fields");
    if (fields === null) return;
    block.classList.toggle("block-open", isOpen);
    fields.hidden = !isOpen;
    block.querySelector(":scope > .block-toggle")?.setAttribute("aria-expanded", String(isOpen));
  }

  #meet(field: HTMLElement | null): void {
    for (let block = field?.closest<HTMLElement>(".block"); block; ) {
      if (!block.classList.contains("block-item")) this.#open(block);
      block = block.parentElement?.closest<HTMLElement>(".block");
    }
    field?.scrollIntoView({ block: "center" });
    field?.focus();
  }

  get #topBlocks(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>('[data-blocks-order="order"] > .block')];
  }
}
