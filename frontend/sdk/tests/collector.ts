import { vi } from "vitest";
import { start } from "../main.ts";
import type { Settings } from "../settings.ts";

export interface Received {
  readonly type: string;
  readonly event?: string;
  readonly messageId: string;
  readonly anonymousId: string;
  readonly userId?: string;
  readonly name?: string;
  readonly properties: Record<string, unknown>;
  readonly traits: Record<string, unknown>;
  readonly context: Record<string, unknown> & { page: Record<string, unknown>; sessionId: string };
}

interface Body {
  writeKey: string;
  sentAt: string;
  batch: Received[];
}

/** Stands where the network begins: takes the requests the browser would send, answers as told. */
export class Collector {
  readonly requests: { url: string; type: string; body: Body; by: "fetch" | "beacon" }[] = [];
  answer: () => Promise<Response> = async () => new Response("{}", { status: 200 });

  constructor() {
    vi.stubGlobal("fetch", (url: string, request: RequestInit) => {
      const type = new Headers(request.headers).get("Content-Type") ?? "";
      this.requests.push({ url, type, body: JSON.parse(String(request.body)), by: "fetch" });
      return this.answer();
    });
    Object.defineProperty(navigator, "sendBeacon", {
      configurable: true,
      value: (url: string, blob: Blob) => {
        this.#beacons.push(
          blob.text().then((text) => {
            this.requests.push({ url, type: blob.type, body: JSON.parse(text), by: "beacon" });
          }),
        );
        return true;
      },
    });
  }

  readonly #beacons: Promise<void>[] = [];

  /** Lets the snippet's timers run and the answers arrive. */
  async wait(milliseconds = 400): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds);
    await Promise.all(this.#beacons);
  }

  get events(): Received[] {
    return this.requests.flatMap((request) => request.body.batch);
  }

  named(event: string): Received[] {
    return this.events.filter((received) => received.event === event);
  }
}

export const defaults: Settings = {
  key: "write-key",
  host: "https://collect.example",
  storage: "cookie",
  cookieDays: 395,
  cookieDomain: "",
  consent: "granted",
  tellsWhenDenied: true,
  automaticPages: false,
  engagement: false,
  domains: [],
};

export function snippet(settings: Partial<Settings> = {}): ReturnType<typeof start> {
  return start({ ...defaults, ...settings });
}

const listeners: [EventTarget, Parameters<EventTarget["addEventListener"]>][] = [];
for (const target of [window, document]) {
  const listen = target.addEventListener.bind(target);
  target.addEventListener = (...call: Parameters<EventTarget["addEventListener"]>) => {
    listeners.push([target, call]);
    listen(...(call as [string, EventListener]));
  };
}

const observers: MutationObserver[] = [];
globalThis.MutationObserver = class extends MutationObserver {
  constructor(callback: MutationCallback) {
    super(callback);
    observers.push(this);
  }
};

/** The visitor moves on: the page's timers and listeners are gone, cookies and storage stay.
 *  It also sets the faked clock back to where it started: move time after leaving, not before. */
export function leavePage(): void {
  for (const [target, [name, listener, options]] of listeners.splice(0)) {
    target.removeEventListener(name, listener, options);
  }
  for (const observer of observers.splice(0)) observer.disconnect();
  vi.clearAllTimers();
  delete window.tabiji;
}

/** A browser that was never here: no cookie, no storage, the page at `url`. */
export function freshBrowser(url = "https://tanomoa.example/", body = ""): void {
  leavePage();
  const browser = window as unknown as { happyDOM: { setURL(url: string): void } };
  browser.happyDOM.setURL(url);
  localStorage.clear();
  for (const pair of document.cookie.split("; ")) {
    // biome-ignore lint/suspicious/noDocumentCookie: the test empties the jar that the snippet writes
    document.cookie = `${pair.split("=")[0]}=; Path=/; Max-Age=0`;
  }
  document.title = "トップ";
  document.body.innerHTML = body;
}
