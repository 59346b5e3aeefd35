import { Controller } from "@hotwired/stimulus";
import { readParameter, writeParameters } from "./address.ts";

/** Tabs whose choice is in the address. Panels are found by `aria-controls`. */
export default class extends Controller<HTMLElement> {
  static override targets = ["tab"];
  static override values = { parameter: { type: String, default: "tab" } };

  declare readonly tabTargets: HTMLElement[];
  declare parameterValue: string;

  override connect(): void {
    addEventListener("popstate", this.#follow);
    this.#follow();
  }

  override disconnect(): void {
    removeEventListener("popstate", this.#follow);
  }

  choose(event: Event): void {
    event.preventDefault();
    const tab = event.currentTarget;
    if (!(tab instanceof HTMLElement)) return;
    this.#show(tab);
    writeParameters({ [this.parameterValue]: tab.dataset.tab }, "push");
  }

  /** Left and right walk, Home and End jump, as the ARIA pattern for tabs says. */
  walk(event: KeyboardEvent): void {
    const tabs = this.tabTargets;
    const here = tabs.indexOf(event.currentTarget as HTMLElement);
    const goals: Record<string, number> = {
      ArrowLeft: (here - 1 + tabs.length) % tabs.length,
      ArrowRight: (here + 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const goal = tabs[goals[event.key] ?? -1];
    if (goal === undefined) return;
    event.preventDefault();
    goal.focus();
    goal.click();
  }

  readonly #follow = (): void => {
    const chosen = readParameter(this.parameterValue);
    const tab = this.tabTargets.find((candidate) => candidate.dataset.tab === chosen) ?? this.tabTargets[0];
    if (tab !== undefined) this.#show(tab);
  };

  #show(chosen: HTMLElement): void {
    for (const tab of this.tabTargets) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel === null) continue;
      panel.hidden = !isChosen;
      if (isChosen) this.dispatch("shown", { target: panel });
    }
  }
}
