import htmx from "htmx.org";
import type { Surroundings, Way } from "./drawing.ts";

const drawerBody = "#drawer-body";
const said = "#journey-said";

/** Every change goes to the server, which answers with what became different on the page. */
export class Editing {
  readonly #root: HTMLElement;
  readonly #page: Surroundings;

  constructor(root: HTMLElement, page: Surroundings) {
    this.#root = root;
    this.#page = page;
  }

  /** Puts a new step on a way; its drawer opens. */
  insert(way: Way, type: string, revision: number): void {
    this.#post({ act: "insert", source: way.source, port: way.port, type, revision }, drawerBody);
  }

  remove(card: string, revision: number): void {
    this.#post({ act: "remove", card, revision }, said);
  }

  move(card: string, where: "up" | "down", revision: number): void {
    this.#post({ act: `move_${where}`, card, stay: 1, revision }, said);
  }

  undo(revision: number): void {
    this.#post({ act: "undo", revision }, said);
  }

  redo(revision: number): void {
    this.#post({ act: "redo", revision }, said);
  }

  /** Opens the drawer of a card and writes it into the address. */
  open(card: string, source: HTMLElement): void {
    const url = new URL(location.href);
    url.searchParams.set("step", card);
    const address = this.#page.stepAddress.replace("__card__", encodeURIComponent(card));
    // `push` is of htmx 2.0.5 and later; its types do not know it yet.
    const context = { source, target: drawerBody, push: `${url.pathname}${url.search}` };
    void htmx.ajax("get", address, context);
  }

  #post(values: Record<string, string | number>, target: string): void {
    void htmx.ajax("post", this.#page.editAddress, { source: this.#root, target, values, swap: "innerHTML" });
  }
}
