import { Controller } from "@hotwired/stimulus";

/** A toast that goes by itself; the time to undo stands still while a pointer or the focus rests on it. */
export default class extends Controller<HTMLElement> {
  static override targets = ["time"];
  static override values = { seconds: { type: Number, default: 10 } };

  declare readonly timeTarget: HTMLElement;
  declare readonly hasTimeTarget: boolean;
  declare secondsValue: number;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = 0;
  #since = 0;
  #run: Animation | undefined;

  override connect(): void {
    this.#left = this.secondsValue * 1000;
    if (this.hasTimeTarget && typeof this.timeTarget.animate === "function") {
      const frames = [{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }];
      this.#run = this.timeTarget.animate(frames, { duration: this.#left, fill: "forwards" });
    }
    for (const name of ["pointerenter", "focusin"]) this.element.addEventListener(name, this.#hold);
    for (const name of ["pointerleave", "focusout"]) this.element.addEventListener(name, this.#go);
    this.#go();
  }

  override disconnect(): void {
    clearTimeout(this.#timer);
  }

  close(): void {
    this.element.remove();
  }

  readonly #hold = (): void => {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left -= Date.now() - this.#since;
    this.#run?.pause();
  };

  readonly #go = (): void => {
    if (this.#timer !== undefined) return;
    this.#since = Date.now();
    this.#timer = setTimeout(() => this.close(), this.#left);
    this.#run?.play();
  };
}
