import type { Client } from "./client.ts";

const parameter = "_tbj";
const acceptedFor = 2 * 60_000;
const plausibleId = /^[\w-]{16,64}$/;

/** A visitor goes from one site of the owner to another and stays the same: the link carries the id and the
 *  minute. It says who browses, nothing else, so it needs no signature; that it was passed on, kept or made up
 *  is met by its short life and by the site that it came from. */
export function watchLinks(client: Client, domains: readonly string[]): void {
  if (domains.length === 0) return;
  const mark = (event: Event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (link === null || !/^https?:$/.test(link.protocol) || link.hostname === location.hostname) return;
    if (!isListed(link.hostname, domains)) return;
    const id = client.linkableId();
    if (id !== undefined) link.href = withId(link.href, id, Date.now());
  };
  // The button that opens a new tab makes no click.
  for (const name of ["mousedown", "click"]) document.addEventListener(name, mark, true);
}

/** The id that a listed site has just handed over. The parameter leaves the address either way: an address is
 *  copied and sent to others. */
export function takeLinkedId(domains: readonly string[]): string | undefined {
  const address = new URL(location.href);
  const given = address.searchParams.get(parameter);
  if (given === null) return undefined;
  history.replaceState(history.state, "", without(address));
  const [id = "", minute = ""] = given.split(".");
  const age = Date.now() - Number.parseInt(minute, 36);
  const isFresh = age >= -1000 && age <= acceptedFor;
  return isFresh && plausibleId.test(id) && isListed(hostOf(document.referrer), domains) ? id : undefined;
}

function withId(href: string, id: string, now: number): string {
  const address = new URL(href);
  const [bare, ...fragment] = without(address).split(/(?=#)/);
  const rest = fragment.join("");
  return `${bare}${address.search ? "&" : "?"}${parameter}=${id}.${now.toString(36)}${rest}`;
}

/** The rest of the query stays as it was written: some servers mind how. */
function without(address: URL): string {
  const kept = address.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && pair.split("=")[0] !== parameter);
  address.search = kept.join("&");
  return address.href;
}

function isListed(host: string, domains: readonly string[]): boolean {
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

function hostOf(address: string): string {
  try {
    return new URL(address).hostname;
  } catch {
    return "";
  }
}
