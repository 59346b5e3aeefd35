import htmx from "htmx.org";

/** What Django sent for this page; every request that changes something carries it. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

export interface Fragment {
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
}

/** Asks our server for a piece of a page, or sends it a form. Throws when the network is gone. */
export async function fetchFragment(url: string, request: RequestInit = {}): Promise<Fragment> {
  const headers = new Headers(request.headers);
  headers.set("HX-Request", "true");
  const token = csrfToken();
  if (token !== "" && request.method !== undefined) headers.set("X-CSRFToken", token);
  const response = await fetch(url, { credentials: "same-origin", ...request, headers });
  return { status: response.status, html: await response.text(), headers: response.headers };
}

/** Puts a piece into the page as htmx would: out-of-band pieces and triggers in it work. */
export function show(target: Element, html: string): void {
  htmx.swap(target, html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
}
