import { Controller } from "@hotwired/stimulus";
import { writeParameters } from "./address.ts";
import { fetchFragment, show } from "./request.ts";

/**
 * Shows a form as it is typed, without saving it: its fields go to `url` for what is to be said of them, and
 * into each frame. A frame is exchanged for a new one once that is loaded: no flicker, and no steps in the
 * browser's history. Frames with `data-width` are drawn so wide and scaled to their place.
 */
export default class extends Controller<HTMLElement> {
  static override targets = ["form", "frame", "answer", "test"];
  static override values = {
    url: String,
    person: String,
    delay: { type: Number, default: 500 },
    rests: Boolean,
  };

  declare readonly formTarget: HTMLFormElement;
  declare readonly frameTargets: HTMLIFrameElement[];
  declare readonly answerTarget: HTMLElement;
  declare readonly hasAnswerTarget: boolean;
  declare readonly testTargets: HTMLFormElement[];
  declare urlValue: string;
  declare personValue: string;
  declare delayValue: number;
  /** Somebody else edits: what was saved is shown, and nothing is typed. */
  declare restsValue: boolean;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;
  readonly #sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) this.#scale(target as HTMLElement);
  });

  override connect(): void {
    this.formTarget.addEventListener("input", this.#changed);
    this.formTarget.addEventListener("change", this.#changed);
  }

  override disconnect(): void {
    clearTimeout(this.#timer);
    this.#sizes.disconnect();
    this.formTarget.removeEventListener("input", this.#changed);
    this.formTarget.removeEventListener("change", this.#changed);
  }

  frameTargetConnected(frame: HTMLIFrameElement): void {
    if (frame.dataset.width === undefined || frame.parentElement === null) return;
    this.#sizes.observe(frame.parentElement);
    this.#scale(frame.parentElement);
  }

  /** Another reader: their id is `data-person` of what was chosen. */
  choose(event: Event): void {
    const chosen = event.currentTarget as HTMLElement;
    const person = chosen.dataset.person;
    if (person === undefined) return;
    event.preventDefault();
    chosen.closest("details")?.removeAttribute("open");
    this.personValue = person;
    writeParameters({ person }, "replace");
    for (const form of this.testTargets) form.action = this.#with(form.action);
    void this.#look();
  }

  readonly #changed = (): void => {
    if (this.restsValue) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.delayValue);
  };

  async #look(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    for (const frame of this.frameTargets) this.#exchange(frame);
    if (this.urlValue === "") return;
    try {
      const { status, html } = await fetchFragment(this.#with(this.urlValue), {
        method: "POST",
        body: new FormData(this.formTarget),
      });
      // An older answer says nothing about what is typed now.
      if (status < 400 && round === this.#round && this.hasAnswerTarget) show(this.answerTarget, html);
    } catch {
      // no network: the save beside it says so
    }
  }

  #exchange(old: HTMLIFrameElement): void {
    if (old.dataset.coming !== undefined) return;
    const round = String(this.#round);
    for (const left of old.parentElement?.querySelectorAll("iframe[data-coming]") ?? []) left.remove();
    const frame = old.cloneNode(false) as HTMLIFrameElement;
    frame.removeAttribute("src");
    frame.removeAttribute("data-previews-target");
    frame.name = `preview-${old.title}-${round}`;
    frame.dataset.coming = round;
    frame.classList.add("is-coming");
    old.after(frame);
    frame.addEventListener("load", () => {
      if (!frame.isConnected) return;
      frame.classList.remove("is-coming");
      delete frame.dataset.coming;
      frame.dataset.previewsTarget = "frame";
      old.remove();
    });
    this.#send(frame);
  }

  #send(frame: HTMLIFrameElement): void {
    const form = document.createElement("form");
    form.method = "post";
    form.action =
      frame.dataset.person === "1" ? this.#with(frame.dataset.url ?? "") : (frame.dataset.url ?? "");
    form.target = frame.name;
    form.hidden = true;
    for (const [name, value] of new FormData(this.formTarget)) {
      if (typeof value !== "string") continue;
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
    form.remove();
  }

  #with(address: string): string {
    const url = new URL(address, location.href);
    if (this.personValue !== "") url.searchParams.set("person", this.personValue);
    return url.href;
  }

  #scale(place: HTMLElement): void {
    const frame = place.querySelector<HTMLIFrameElement>("iframe[data-width]");
    const width = Number(frame?.dataset.width ?? 0);
    if (width > 0) place.style.setProperty("--scale", String(place.clientWidth / width));
  }
}
