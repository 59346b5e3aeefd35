export type Storage = "cookie" | "session" | "none";
/** A person's choice. */
export type Choice = "granted" | "denied";
/** `waiting`: nobody has chosen yet, so events stay in memory and nothing is kept or sent. */
export type Consent = Choice | "waiting";

export interface Settings {
  readonly key: string;
  readonly host: string;
  readonly storage: Storage;
  readonly cookieDays: number;
  readonly cookieDomain: string;
  readonly consent: Consent;
  /** Whether a page tells of itself, without any identifier, after a refusal. */
  readonly tellsWhenDenied: boolean;
  readonly automaticPages: boolean;
  readonly engagement: boolean;
  /** Other sites of the same owner, between which a visitor stays the same. */
  readonly domains: readonly string[];
}

// 13 months, the longest life that European regulators accept for an audience cookie.
const longestCookieDays = 395;

/** Reads the settings off the `<script>` element, or says on it what is missing. */
export function readSettings(script: HTMLElement): Settings | undefined {
  const { key, host, storage, cookieDays, cookieDomain, consent, denied, pages, engagement, domains } =
    script.dataset;
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
    consent: consent === "denied" || consent === "waiting" ? consent : "granted",
    tellsWhenDenied: denied !== "nothing",
    automaticPages: pages !== "manual",
    engagement: engagement !== "off",
    domains: (domains ?? "")
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean),
  };
}
