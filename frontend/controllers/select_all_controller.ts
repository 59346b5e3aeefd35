import { Controller } from "@hotwired/stimulus";

/** Bulk acts: ticks of this page, or all matches of the filter; the bar says how many people it means. */
export default class extends Controller<HTMLElement> {
  static override targets = ["page", "row", "bar", "count", "all", "everything"];
  static override values = { total: Number, all: { type: Boolean, default: false } };

  declare readonly pageTarget: HTMLInputElement;
  declare readonly hasPageTarget: boolean;
  declare readonly rowTargets: HTMLInputElement[];
  declare readonly barTarget: HTMLElement;
  declare readonly countTargets: HTMLElement[];
  /** The hidden field that tells the server "every match", not the ids of this page. */
  declare readonly allTarget: HTMLInputElement;
  declare readonly hasAllTarget: boolean;
  /** The button that offers all matches. */
  declare readonly everythingTargets: HTMLElement[];
  declare totalValue: number;
  declare allValue: boolean;

  override connect(): void {
    this.#show();
  }

  togglePage(): void {
    for (const row of this.rowTargets) row.checked = this.pageTarget.checked;
    this.allValue = false;
    this.#show();
  }

  toggleRow(): void {
    this.allValue = false;
    this.#show();
  }

  chooseEverything(): void {
    for (const row of this.rowTargets) row.checked = true;
    this.allValue = true;
    this.#show();
  }

  clear(): void {
    for (const row of this.rowTargets) row.checked = false;
    this.allValue = false;
    this.#show();
  }

  #show(): void {
    const ticked = this.rowTargets.filter((row) => row.checked).length;
    const isWholePage = ticked > 0 && ticked === this.rowTargets.length;
    const number = this.allValue ? this.totalValue : ticked;
    this.barTarget.hidden = number === 0;
    if (this.hasAllTarget) this.allTarget.value = this.allValue ? "1" : "";
    for (const count of this.countTargets) count.textContent = number.toLocaleString("ja-JP");
    for (const button of this.everythingTargets) {
      button.hidden = this.allValue || !isWholePage || this.totalValue <= ticked;
    }
    if (!this.hasPageTarget) return;
    this.pageTarget.checked = isWholePage;
    this.pageTarget.indeterminate = ticked > 0 && !isWholePage;
  }
}
