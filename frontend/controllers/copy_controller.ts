import { Controller } from "@hotwired/stimulus";

const shownFor = 2000;

/** Carries a key, a snippet or an address to the clipboard, and says so on the button for two seconds. */
export default class extends Controller<HTMLElement> {
  static override targets = ["source", "button"];
  static override values = { done: String };

  declare readonly sourceTarget: HTMLElement;
  declare readonly buttonTarget: HTMLElement;
  declare doneValue: string;

  async copy(): Promise<void> {
    const source = this.sourceTarget;
    const text = source instanceof HTMLInputElement ? source.value : (source.textContent ?? "").trim();
    if (await copied(text)) this.#sayDone();
    else select(source);
  }

  #sayDone(): void {
    const words = this.buttonTarget.innerHTML;
    this.buttonTarget.textContent = this.doneValue;
    setTimeout(() => {
      this.buttonTarget.innerHTML = words;
    }, shownFor);
  }
}

async function copied(text: string): Promise<boolean> {
  try {
    // Missing on plain http outside localhost: the text is selected instead, ready for Ctrl+C.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function select(source: HTMLElement): void {
  if (source instanceof HTMLInputElement) source.select();
  else getSelection()?.selectAllChildren(source);
}
