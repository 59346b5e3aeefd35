import type { Application } from "@hotwired/stimulus";
import { vi } from "vitest";
import { startControllers } from "../start.ts";

let application: Application | undefined;

/** Opens a page with these contents and starts the controllers on it. */
export async function openPage(body: string, url = "https://ma.tanomoa.example/"): Promise<void> {
  await leavePage();
  (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL(url);
  document.body.innerHTML = body;
  application = startControllers();
  await settle();
}

/** Empties the page first: Stimulus disconnects controllers only while it still watches. */
export async function leavePage(): Promise<void> {
  document.body.innerHTML = "";
  await settle(1);
  application?.stop();
  application = undefined;
}

/** Lets mutation observers, promises and timers of `milliseconds` happen. */
export async function settle(milliseconds = 0): Promise<void> {
  if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(milliseconds);
  else await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function find<E extends HTMLElement = HTMLElement>(selector: string): E {
  const element = document.querySelector<E>(selector);
  if (element === null) throw new Error(`the page has no ${selector}`);
  return element;
}

export function press(
  key: string,
  target: EventTarget = document.body,
  more: KeyboardEventInit = {},
): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
}

export function type(input: HTMLInputElement, text: string): void {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly body: unknown;
  readonly keepalive: boolean;
}

/** Stands where the network begins: answers with what the server would send. */
export function server(answer: (asked: Asked) => Response | Promise<Response>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (url: string, request: RequestInit = {}) => {
    const one = {
      url: String(url),
      method: request.method ?? "GET",
      body: request.body,
      keepalive: request.keepalive ?? false,
    };
    asked.push(one);
    return await answer(one);
  });
  return asked;
}
