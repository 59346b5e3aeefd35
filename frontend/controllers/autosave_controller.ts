import { Controller } from "@hotwired/stimulus";
import { csrfToken, fetchFragment, show } from "./request.ts";

/** Saves a draft 1.5 s after the last key; the server's answer says 「14:32 保存済み」. One save at a time. */
export default class extends Controller<HTMLFormElement> {
  static override targets = ["status"];
  static override values = {
    url: String,
    delay: { type: Number, default: 1500 },
    saving: String,
    failed: String,
  };

  declare readonly statusTarget: HTMLElement;
  declare readonly hasStatusTarget: boolean;
  declare urlValue: string;
  declare delayValue: number;
  declare savingValue: string;
  declare failedValue: string;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #isSaving = false;
  #isDirty = false;

  override connect(): void {
    this.element.addEventListener("input", this.#changed);
    this.element.addEventListener("change", this.#changed);
    addEventListener("pagehide", this.#leave);
  }

  override disconnect(): void {
    this.element.removeEventListener("input", this.#changed);
    this.element.removeEventListener("change", this.#changed);
    removeEventListener("pagehide", this.#leave);
    this.#leave();
  }

  /** Ctrl+S, or an act that must not meet an unsaved draft. */
  saveNow(event?: Event): void {
    event?.preventDefault();
    clearTimeout(this.#timer);
    void this.#save();
  }

  /** For the form's own submit: its plain button saves now; one that leads elsewhere goes when all is saved. */
  submitted(event: SubmitEvent): void {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || !button.hasAttribute("formaction")) {
      this.saveNow(event);
      return;
    }
    clearTimeout(this.#timer);
    if (!this.#isSaving && !this.#isDirty) return;
    event.preventDefault();
    void this.#settled().then(() => {
      if (!this.#isDirty) this.element.requestSubmit(button);
    });
  }

  readonly #changed = (): void => {
    this.#isDirty = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#save(), this.delayValue);
  };

  async #settled(): Promise<void> {
    await this.#underWay;
    clearTimeout(this.#timer);
    await this.#save();
  }

  async #save(): Promise<void> {
    // What is typed while a save is under way is saved by the next one.
    if (this.#isSaving || !this.#isDirty) return;
    this.#underWay = this.#saveOnce();
    await this.#underWay;
  }

  async #saveOnce(): Promise<void> {
    this.#isSaving = true;
    this.#isDirty = false;
    this.#word("saving", this.savingValue);
    const isSaved = await this.#send();
    this.#isSaving = false;
    if (!isSaved) this.#isDirty = true;
    else if (this.#isDirty) this.#changed();
  }

  async #send(): Promise<boolean> {
    try {
      const body = new FormData(this.element);
      const { status, html } = await fetchFragment(this.#url, { method: "POST", body });
      // 409 and 422 carry their own words: somebody else edits, or a field is wrong.
      if (status < 400 || status === 409 || status === 422) {
        this.#say(status < 400 ? "saved" : "failed", html);
        return true;
      }
    } catch {
      // no network: said below, tried again with the next key
    }
    this.#word("failed", this.failedValue);
    return false;
  }

  readonly #leave = (): void => {
    clearTimeout(this.#timer);
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const headers = { "X-CSRFToken": csrfToken(), "HX-Request": "true" };
    const body = new FormData(this.element);
    void fetch(this.#url, { method: "POST", keepalive: true, body, headers }).catch(() => undefined);
  };

  get #url(): string {
    return this.urlValue === "" ? this.element.action : this.urlValue;
  }

  /** Our own words. The fields that the last answer left beside its words (a revision) stay for the next save. */
  #word(state: "saving" | "failed", words: string): void {
    if (this.hasStatusTarget && words !== "") {
      const fields = this.statusTarget.querySelectorAll("input[type=hidden]");
      this.statusTarget.replaceChildren(...fields, words);
    }
    this.#say(state, "");
  }

  #say(state: "saving" | "saved" | "failed", html: string): void {
    this.dispatch(state);
    if (!this.hasStatusTarget) return;
    this.statusTarget.dataset.state = state;
    if (html !== "") show(this.statusTarget, html);
  }
}
