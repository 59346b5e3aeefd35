import { Client } from "./client.ts";
import { watchEngagement } from "./engagement.ts";
import { fillForms, watchForms } from "./forms.ts";
import { takeLinkedId, watchLinks } from "./linker.ts";
import { watchPages } from "./pages.ts";
import { readSettings, type Settings } from "./settings.ts";

type Call = [method: string, ...values: unknown[]];
type Calls = { readonly [method: string]: (...values: never[]) => unknown };

export interface Tabiji {
  push(...calls: Call[]): void;
  page: Client["page"];
  track: Client["track"];
  identify: Client["identify"];
  consent: Client["consent"];
  anonymousId: Client["anonymousId"];
  reset: Client["reset"];
}

declare global {
  interface Window {
    tabiji?: Call[] | Tabiji;
  }
}

/** Starts measuring; calls that the page queued before come first, a refusal among them above all. */
export function start(settings: Settings): Tabiji {
  const early = window.tabiji ?? [];
  // A snippet pasted twice counts once.
  if (!Array.isArray(early)) return early;
  const client = new Client(settings, takeLinkedId(settings.domains));
  const tabiji = publicCalls(client);
  window.tabiji = tabiji;

  tabiji.push(...early.filter(isConsent));
  if (settings.engagement) watchEngagement(client);
  if (settings.automaticPages) watchPages(client);
  tabiji.push(...early.filter((call) => !isConsent(call)));

  whenParsed(() => {
    fillForms(client);
    watchForms(client);
  });
  watchLinks(client, settings.domains);
  addEventListener("online", () => client.hurry());
  // `pagehide` is missed when a phone kills the page in the background, `visibilitychange` is not.
  addEventListener("pagehide", () => client.leave());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") client.leave();
  });
  return tabiji;
}

function publicCalls(client: Client): Tabiji {
  const calls = {
    page: client.page.bind(client),
    track: client.track.bind(client),
    identify: client.identify.bind(client),
    consent: (choice: Parameters<Client["consent"]>[0]) => {
      client.consent(choice);
      fillForms(client);
    },
    anonymousId: client.anonymousId.bind(client),
    reset: client.reset.bind(client),
  };
  return { ...calls, push: (...queued) => queued.forEach((call) => void run(calls, call)) };
}

function run(calls: Calls, [method, ...values]: Call): void {
  calls[method]?.(...(values as never[]));
}

function isConsent(call: Call): boolean {
  return call[0] === "consent";
}

function whenParsed(go: () => void): void {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", go, { once: true });
  else go();
}

const script = document.currentScript;
if (script instanceof HTMLElement) {
  const settings = readSettings(script);
  if (settings !== undefined) start(settings);
}
