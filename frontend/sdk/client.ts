import { campaignContext, campaignOf, withoutClickIds } from "./campaign.ts";
import { Identity } from "./identity.ts";
import { newId } from "./ids.ts";
import { type Message, Queue } from "./queue.ts";
import type { Choice, Settings } from "./settings.ts";

export type Properties = Record<string, unknown>;
/** Called before a page is left; `isOver` where another one follows in the same document. */
export type Leaving = (isOver: boolean) => void;

export const version = "0.2.0";

const mostHeld = 100;

/** The calls that a site makes; every event is one Segment-spec message. */
export class Client {
  readonly identity: Identity;
  readonly #settings: Settings;
  readonly #queue: Queue;
  readonly #leaving: Leaving[] = [];
  /** Events of a visitor who has not chosen yet: in memory only. */
  #held: Message[] = [];
  #unsentCampaign: Record<string, string> | undefined;
  #seenSearch: string | undefined;
  /** The page before this one: the browser's referrer, then the addresses of a single-page site. */
  referrer = document.referrer;
  /** The page that is looked at: what it leaves behind is told when the address has changed already. */
  #shown: Properties;

  constructor(settings: Settings, linkedId?: string) {
    this.#settings = settings;
    this.identity = new Identity(settings, linkedId);
    this.#queue = new Queue(settings.host, settings.key, () => this.identity.keeps);
    this.#queue.resume();
    this.#shown = this.#here();
  }

  page(name?: string, properties: Properties = {}): void {
    this.#leave(true);
    this.#shown = this.#here();
    this.#send({ type: "page", ...(name && { name }), properties: { ...this.#shown, ...properties } });
  }

  track(event: string, properties: Properties = {}): void {
    this.#send({ type: "track", event, properties });
  }

  /** What the snippet itself saw on the page that is looked at. */
  tell(event: string, properties: Properties): void {
    this.#send({ type: "track", event, properties }, this.#shown);
  }

  identify(user?: string | number | Properties, traits: Properties = {}): void {
    if (typeof user === "object") {
      this.#send({ type: "identify", traits: user });
      return;
    }
    if (user !== undefined && user !== "") this.identity.userId = String(user);
    this.#send({ type: "identify", traits });
  }

  consent(choice: Choice): void {
    if (choice !== "granted" && choice !== "denied") return;
    this.identity.consent = choice;
    if (choice === "denied") this.#queue.forgetKept();
    else this.#queue.resume();
    // Whoever they are from now on, they were while nobody had asked.
    for (const held of this.#held.splice(0)) {
      this.#pass({ ...held, anonymousId: this.identity.anonymousId });
    }
  }

  anonymousId(): string | undefined {
    return this.identity.consent === "granted" ? this.identity.anonymousId : undefined;
  }

  /** The id that another site of the owner may be told: one that lives longer than this page. */
  linkableId(): string | undefined {
    return this.identity.keeps ? this.identity.anonymousId : undefined;
  }

  reset(): void {
    this.identity.reset();
  }

  /** The campaign that brought this visit, for the hidden fields of a form. */
  campaign(): Record<string, string> {
    this.#noticeCampaign();
    return this.identity.session(Date.now()).campaign ?? {};
  }

  onLeaving(told: Leaving): void {
    this.#leaving.push(told);
  }

  /** The page closes, or is hidden and may never come back. */
  leave(): void {
    this.#leave(false);
    this.#queue.leave();
  }

  hurry(): void {
    this.#queue.hurry();
  }

  #leave(isOver: boolean): void {
    for (const told of this.#leaving) told(isOver);
  }

  #send(body: Properties, page = this.#here()): void {
    const now = Date.now();
    this.#noticeCampaign();
    const session = this.identity.session(now);
    const { anonymousId, userId } = this.identity;
    this.#pass({
      ...body,
      messageId: newId(),
      timestamp: new Date(now).toISOString(),
      anonymousId,
      ...(userId !== undefined && { userId }),
      context: { ...this.#context(page), sessionId: session.id },
    });
  }

  /** On its way, held until the visitor has chosen, or dropped. */
  #pass(message: Message): void {
    const consent = this.identity.consent;
    if (consent === "waiting") this.#held = [...this.#held, message].slice(-mostHeld);
    else if (consent === "granted") this.#queue.add(message);
    else if (this.#tellsUnnamed(message)) this.#queue.add(this.#unnamed(message));
  }

  #tellsUnnamed(message: Message): boolean {
    return this.#settings.tellsWhenDenied && message.type !== "identify";
  }

  /** What may be told after a refusal: that it happened. Its ids are those of this page and end with it. */
  #unnamed(message: Message): Message {
    const context = message.context as Properties;
    const { anonymousId } = this.identity;
    return {
      ...message,
      anonymousId,
      userId: undefined,
      properties: withoutClickIds(message.properties as Properties),
      context: {
        ...context,
        page: withoutClickIds(context.page as Properties),
        clickIds: undefined,
        sessionId: this.identity.session(Date.now()).id,
      },
    };
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

  #context(page: Properties): Properties {
    const campaign = this.#unsentCampaign;
    this.#unsentCampaign = undefined;
    return {
      library: { name: "tabiji.js", version },
      page,
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

  #here(): Properties {
    return {
      path: location.pathname,
      search: location.search,
      url: location.href.replace(/#.*$/, ""),
      title: document.title,
      referrer: this.referrer,
    };
  }
}
