export type Storage = "cookie" | "session" | "none";
export type Consent = "granted" | "denied";

export interface Settings {
  readonly key: string;
  readonly host: string;
  readonly storage: Storage;
  readonly cookieDays: number;
  readonly cookieDomain: string;
  readonly consent: Consent;
  readonly automaticPages: boolean;
}

// 13 months, the longest life that European regulators accept for an audience cookie.
const longestCookieDays = 395;

/** Reads the settings off the `<script>` element, or says on it what is missing. */
export function readSettings(script: HTMLElement): Settings | undefined {
  const { key, host, storage, cookieDays, cookieDomain, consent, pages } = script.dataset;
  if (!key || !host) {
    // biome-ignore lint/suspicious/noConsole: the only way to tell the person who pasted the snippet
    console.error("tabiji.js: data-key and data-host are needed on its <script> tag; nothing is measured");
    return undefined;
  }
  return {
    key,
    host: host.replace(/\/+$/, ""),
    storage: storage === "session" || storage === "none" ? storage : "cookie",
    cookieDays: Math.min(Number(cookieDays) || longestCookieDays, longestCookieDays),
    cookieDomain: cookieDomain ?? "",
    consent: consent === "denied" ? "denied" : "granted",
    automaticPages: pages !== "manual",
  };
}
