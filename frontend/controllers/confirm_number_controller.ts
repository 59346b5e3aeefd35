import { Controller } from "@hotwired/stimulus";

/** The only question we ask: before starting and sending, with the number of people. Sits on the form. */
export default class extends Controller<HTMLFormElement> {
  static override targets = ["dialog"];

  declare readonly dialogTarget: HTMLDialogElement;

  #isConfirmed = false;
  #submitter: HTMLElement | null = null;

  override connect(): void {
    this.element.addEventListener("submit", this.#ask, true);
    this.dialogTarget.addEventListener("close", this.#closed);
  }

  override disconnect(): void {
    this.element.removeEventListener("submit", this.#ask, true);
    this.dialogTarget.removeEventListener("close", this.#closed);
  }

  confirm(event: Event): void {
    event.preventDefault();
    this.#isConfirmed = true;
    this.dialogTarget.close();
    this.element.requestSubmit(this.#submitter);
  }

  cancel(event: Event): void {
    event.preventDefault();
    this.dialogTarget.close();
  }

  readonly #ask = (event: SubmitEvent): void => {
    if (this.#isConfirmed) {
      this.#isConfirmed = false;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#submitter = event.submitter;
    this.dialogTarget.showModal();
  };

  readonly #closed = (): void => {
    if (!this.#isConfirmed) this.#submitter?.focus();
  };
}
