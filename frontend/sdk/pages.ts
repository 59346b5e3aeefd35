import type { Client } from "./client.ts";

/** Page views, once for each address: the first one, those of a single-page site, and a page that comes back from the browser's cache. */
export function watchPages(client: Client): void {
  let shown = "";

  function view(): void {
    const here = address();
    if (here === shown) return;
    if (shown !== "") client.referrer = location.origin + shown;
    shown = here;
    client.page(pageName());
  }

  // A router sets the address first and the title after: look once its work is done.
  const viewSoon = () => setTimeout(view, 50);
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = function (this: History, ...change: Parameters<History["pushState"]>): void {
      original.apply(this, change);
      viewSoon();
    };
  }
  addEventListener("popstate", viewSoon);
  addEventListener("pageshow", (event) => {
    if (event.persisted) client.page(pageName());
  });
  whenShown(view);
}

function address(): string {
  return location.pathname + location.search;
}

/** The short name that people use for the page, where the site gives one: 「料金」 rather than the whole title. */
function pageName(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name="tabiji-page"]')?.content;
}

export function isPrerendering(): boolean {
  return (document as Document & { prerendering?: boolean }).prerendering === true;
}

/** A page that the browser renders ahead counts when a person sees it, not before. */
function whenShown(view: () => void): void {
  if (isPrerendering()) {
    document.addEventListener("prerenderingchange", view, { once: true });
  } else {
    view();
  }
}
