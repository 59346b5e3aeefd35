// Filters, tabs, drawers and periods live in the address, so that reload and Back restore them.

export function readParameter(name: string): string | undefined {
  return new URLSearchParams(location.search).get(name) ?? undefined;
}

/** Writes parameters into the address without a request; `undefined` removes one. */
export function writeParameters(values: Record<string, string | undefined>, how: "push" | "replace"): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href === location.href) return;
  if (how === "push") history.pushState(history.state, "", url);
  else history.replaceState(history.state, "", url);
}
