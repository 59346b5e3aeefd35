import { forget, read, write } from "./storage.ts";

export interface Message {
  readonly messageId: string;
  readonly timestamp: string;
  readonly [field: string]: unknown;
}

const queueKey = "tbj_queue";
const mostKept = 100;
const mostInBatch = 20;
const keptFor = 7 * 86_400_000;
const gatherFor = 250;
const longestPause = 60_000;
// Browsers refuse keepalive requests and beacons whose waiting bodies pass 64 kB together.
const mostBytes = 60_000;

/** Events on their way: sent in batches, kept in localStorage until the collector has said yes. */
export class Queue {
  #waiting: Message[] = [];
  #inFlight: Message[] = [];
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #url: string;
  readonly #key: string;
  readonly #mayKeep: () => boolean;

  constructor(host: string, key: string, mayKeep: () => boolean) {
    this.#url = `${host}/v1/batch`;
    this.#key = key;
    this.#mayKeep = mayKeep;
  }

  /** Takes up what an earlier page could not deliver, before what this one has. */
  resume(): void {
    if (!this.#mayKeep()) return;
    this.#waiting = [...without(kept(Date.now()), this.#waiting), ...this.#waiting].slice(-mostKept);
    if (this.#waiting.length > 0) this.#sendIn(gatherFor);
  }

  /** The network is back: no need to sit out the pause. */
  hurry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sendIn(0);
  }

  add(message: Message): void {
    this.#waiting = [...this.#waiting, message].slice(-mostKept);
    if (this.#mayKeep()) write(queueKey, [...kept(Date.now()), message].slice(-mostKept));
    if (this.#failures === 0) this.#sendIn(gatherFor);
  }

  /** The page closes: nobody will read an answer, so what waits leaves as beacons and stays kept.
   *  A request under way outlives the page by itself. */
  leave(): void {
    this.#waiting = without(this.#waiting, this.#inFlight);
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      if (!this.#beacon(batch)) return;
      this.#waiting = without(this.#waiting, batch);
    }
  }

  /** Consent was withdrawn: nothing of this visitor stays in the browser. */
  forgetKept(): void {
    forget(queueKey);
  }

  #sendIn(milliseconds: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, milliseconds);
  }

  async #send(): Promise<void> {
    if (this.#inFlight.length > 0 || this.#waiting.length === 0) return;
    const batch = this.#nextBatch();
    this.#inFlight = batch;
    const verdict = await this.#post(batch);
    this.#inFlight = [];
    if (verdict === "again") {
      // A page that was hidden meanwhile, but lives, had let go of it.
      this.#waiting = [...batch, ...without(this.#waiting, batch)].slice(-mostKept);
      this.#failures += 1;
      this.#sendIn(pauseAfter(this.#failures));
      return;
    }
    this.#failures = 0;
    this.#settle(batch);
    if (this.#waiting.length > 0) this.#sendIn(0);
  }

  async #post(batch: Message[]): Promise<"done" | "again"> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        keepalive: true,
        credentials: "omit",
        headers: { "Content-Type": "text/plain" },
        body: this.#body(batch),
      });
      // What the collector calls malformed will be malformed tomorrow: only 429 and 5xx are worth another try.
      return response.status === 429 || response.status >= 500 ? "again" : "done";
    } catch {
      return "again";
    }
  }

  #beacon(batch: Message[]): boolean {
    return navigator.sendBeacon?.(this.#url, new Blob([this.#body(batch)], { type: "text/plain" })) ?? false;
  }

  #body(batch: Message[]): string {
    return JSON.stringify({ writeKey: this.#key, sentAt: new Date().toISOString(), batch });
  }

  #nextBatch(): Message[] {
    const batch: Message[] = [];
    let bytes = 0;
    for (const message of this.#waiting.slice(0, mostInBatch)) {
      bytes += JSON.stringify(message).length;
      if (batch.length > 0 && bytes > mostBytes) break;
      batch.push(message);
    }
    return batch;
  }

  #settle(batch: Message[]): void {
    this.#waiting = without(this.#waiting, batch);
    const rest = without(kept(Date.now()), batch);
    if (rest.length === 0) forget(queueKey);
    else if (this.#mayKeep()) write(queueKey, rest);
  }
}

function kept(now: number): Message[] {
  const messages = read<Message[]>(queueKey);
  if (!Array.isArray(messages)) return [];
  return messages.filter((message) => now - Date.parse(message?.timestamp) < keptFor);
}

function without(messages: Message[], gone: Message[]): Message[] {
  const ids = new Set(gone.map((message) => message.messageId));
  return messages.filter((message) => !ids.has(message.messageId));
}

function pauseAfter(failures: number): number {
  const pause = Math.min(1000 * 2 ** (failures - 1), longestPause);
  // Half of it is by chance, so that a thousand browsers do not come back in the same second.
  return pause / 2 + (Math.random() * pause) / 2;
}
