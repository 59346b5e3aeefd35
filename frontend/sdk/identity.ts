import { newId } from "./ids.ts";
import type { Choice, Consent, Settings } from "./settings.ts";
import { forget, read, readCookie, write, writeCookie } from "./storage.ts";

const idKey = "tbj_id";
const consentKey = "tbj_consent";
const sessionKey = "tbj_session";
const sessionGap = 30 * 60_000;

interface Kept {
  id: string;
  until: number;
}

export interface Session {
  id: string;
  at: number;
  campaign?: Record<string, string>;
}

/** Who this browser is to us: a random id in a first-party cookie, mirrored in localStorage, or nothing kept. */
export class Identity {
  userId: string | undefined;
  #pageId = newId();
  #session: Session | undefined;
  /** The choice that storage did not take. */
  #chosen: Choice | undefined;
  readonly #settings: Settings;

  constructor(settings: Settings, linkedId?: string) {
    this.#settings = settings;
    if (linkedId === undefined || this.consent === "denied") return;
    this.#pageId = linkedId;
    if (this.keeps) this.#created();
  }

  /** A choice once made is remembered: the next page must not set a cookie before the banner has spoken. */
  get consent(): Consent {
    const chosen = this.#chosen ?? readCookie(consentKey) ?? read<string>(consentKey);
    return chosen === "denied" || chosen === "granted" ? chosen : this.#settings.consent;
  }

  set consent(choice: Choice) {
    if (choice === "denied") {
      this.#forgetAll();
      this.#pageId = newId();
    }
    this.#chosen = write(consentKey, choice) ? undefined : choice;
    // Where storage refuses, a cookie keeps the choice, and no id.
    if (this.#chosen !== undefined) this.#setCookie(consentKey, choice, this.#settings.cookieDays * 86_400);
    else if (readCookie(consentKey) !== undefined) this.#setCookie(consentKey, "", 0);
  }

  /** True where an identifier or a queue may outlive this page. */
  get keeps(): boolean {
    return this.consent === "granted" && this.#settings.storage !== "none";
  }

  get anonymousId(): string {
    if (!this.keeps) return this.#pageId;
    return this.#found() ?? this.#created();
  }

  /** The current visit, a new one after half an hour without an event. */
  session(now: number): Session {
    const last = this.#session ?? (this.keeps ? read<Session>(sessionKey) : undefined);
    const session = last !== undefined && now - last.at < sessionGap ? last : { id: newId(), at: now };
    return this.remember(session, now);
  }

  remember(session: Session, now: number): Session {
    this.#session = { ...session, at: now };
    if (this.keeps) write(sessionKey, this.#session);
    return this.#session;
  }

  /** A new visitor in the same browser, after a customer logs out. */
  reset(): void {
    this.#forgetAll();
    this.#pageId = newId();
  }

  #found(): string | undefined {
    const cookie = readCookie(idKey);
    if (cookie !== undefined || this.#settings.storage === "session") return cookie;
    const mirror = read<Kept>(idKey);
    if (mirror === undefined || mirror.until <= Date.now()) return undefined;
    // The cookie was cleared but the mirror was not: it lives on, and not a day longer than promised.
    this.#setCookie(idKey, mirror.id, Math.floor((mirror.until - Date.now()) / 1000));
    return mirror.id;
  }

  #created(): string {
    // The page's own id becomes the kept one, so that a consent given late joins this page's events.
    const id = this.#pageId;
    if (this.#settings.storage === "session") {
      this.#setCookie(idKey, id);
    } else {
      const seconds = this.#settings.cookieDays * 86_400;
      this.#setCookie(idKey, id, seconds);
      write(idKey, { id, until: Date.now() + seconds * 1000 });
    }
    return id;
  }

  #setCookie(key: string, value: string, seconds?: number): void {
    writeCookie(key, value, this.#settings.cookieDomain, seconds);
  }

  #forgetAll(): void {
    this.userId = undefined;
    this.#session = undefined;
    this.#setCookie(idKey, "", 0);
    forget(idKey);
    forget(sessionKey);
  }
}
