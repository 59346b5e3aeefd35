/** Where the entries of a bar do not all fit (a phone), the one that this page belongs to stands in its middle. */
export function showWhereWeAre(): void {
  for (const entry of document.querySelectorAll<HTMLElement>(".subnav [aria-current]")) {
    const bar = entry.closest<HTMLElement>(".subnav");
    if (bar !== null) bar.scrollLeft = entry.offsetLeft - (bar.clientWidth - entry.offsetWidth) / 2;
  }
}
