import { campaignContext, campaignOf } from "./campaign.ts";
import { Identity } from "./identity.ts";
import { newId } from "./ids.ts";
import { Queue } from "./queue.ts";
import type { Consent, Settings } from "./settings.ts";

export type Properties = Record<string, unknown>;

export const version = "0.1.0";

/** The calls that a site makes; every event is one Segment-spec message. */
export class Client {
  readonly identity: Identity;
  readonly #queue: Queue;
  #unsentCampaign: Record<string, string> | undefined;
  #seenSearch: string | undefined;
  /** The page before this one: the browser's referrer, then the addresses of a single-page site. */
  referrer = document.referrer;

  constructor(settings: Settings) {
    this.identity = new Identity(settings);
    this.#queue = new Queue(settings.host, settings.key, () => this.identity.keeps);
    this.#queue.resume();
  }

  page(name?: string, properties: Properties = {}): void {
    this.#send({ type: "page", ...(name && { name }), properties: { ...this.#page(), ...properties } });
  }

  track(event: string, properties: Properties = {}): void {
    this.#send({ type: "track", event, properties });
  }

  identify(user?: string | number | Properties, traits: Properties = {}): void {
    if (typeof user === "object") {
      this.#send({ type: "identify", traits: user });
      return;
    }
    if (user !== undefined && user !== "") this.identity.userId = String(user);
    this.#send({ type: "identify", traits });
  }

  consent(choice: Consent): void {
    if (choice !== "granted" && choice !== "denied") return;
    this.identity.consent = choice;
    if (choice === "denied") this.#queue.forgetKept();
  }

  anonymousId(): string | undefined {
    return this.identity.consent === "granted" ? this.identity.anonymousId : undefined;
  }

  reset(): void {
    this.identity.reset();
  }

  /** The campaign that brought this visit, for the hidden fields of a form. */
  campaign(): Record<string, string> {
    this.#noticeCampaign();
    return this.identity.session(Date.now()).campaign ?? {};
  }

  /** The page closes. */
  leave(): void {
    this.#queue.leave();
  }

  #send(body: Properties): void {
    const now = Date.now();
    this.#noticeCampaign();
    const session = this.identity.session(now);
    const { anonymousId, userId } = this.identity;
    this.#queue.add({
      ...body,
      messageId: newId(),
      timestamp: new Date(now).toISOString(),
      anonymousId,
      ...(userId !== undefined && { userId }),
      context: { ...this.#context(), sessionId: session.id },
    });
  }

  #noticeCampaign(): void {
    if (this.#seenSearch === location.search) return;
    this.#seenSearch = location.search;
    const campaign = campaignOf(location.search);
    if (campaign === undefined) return;
    this.#unsentCampaign = campaign;
    const now = Date.now();
    this.identity.remember({ ...this.identity.session(now), campaign }, now);
  }

  #context(): Properties {
    const campaign = this.#unsentCampaign;
    this.#unsentCampaign = undefined;
    return {
      library: { name: "tabiji.js", version },
      page: this.#page(),
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      userAgent: navigator.userAgent,
      screen: {
        width: innerWidth,
        height: innerHeight,
        density: devicePixelRatio,
      },
      ...(campaign && campaignContext(campaign)),
    };
  }

  #page(): Properties {
    return {
      path: location.pathname,
      search: location.search,
      url: location.href.replace(/#.*$/, ""),
      title: document.title,
      referrer: this.referrer,
    };
  }
}
