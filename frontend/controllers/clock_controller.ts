import { Controller } from "@hotwired/stimulus";

/** The practice clock: shows the workspace's time as it goes on from what the server said. */
export default class extends Controller<HTMLElement> {
  static override targets = ["face"];
  static override values = {
    now: String,
    zone: { type: String, default: "Asia/Tokyo" },
    held: { type: Boolean, default: false },
  };

  declare readonly faceTarget: HTMLElement;
  /** The workspace's time when the page was made, ISO 8601 with offset. */
  declare nowValue: string;
  declare zoneValue: string;
  /** True while time moves: the clock stands until the worker is done. */
  declare heldValue: boolean;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #offset = 0;

  override connect(): void {
    this.#offset = Date.parse(this.nowValue) - Date.now();
    this.#tick();
  }

  override disconnect(): void {
    clearTimeout(this.#timer);
  }

  #tick(): void {
    const now = Date.now() + this.#offset;
    this.faceTarget.textContent = face(new Date(now), this.zoneValue, document.documentElement.lang);
    if (!this.heldValue) this.#timer = setTimeout(() => this.#tick(), 60_000 - (now % 60_000) + 20);
  }
}

/** 2026/4/28(火) 14:00, or Tue, Apr 28, 2026, 14:00 */
export function face(moment: Date, zone: string, language: string): string {
  if (!language.startsWith("ja")) {
    return moment.toLocaleString("en-US", {
      timeZone: zone,
      weekday: "short",
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }
  const day = moment.toLocaleDateString("ja-JP", { timeZone: zone });
  const weekday = moment.toLocaleDateString("ja-JP", { timeZone: zone, weekday: "short" });
  const time = moment.toLocaleTimeString("ja-JP", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  return `${day}(${weekday}) ${time}`;
}
