// The page around the canvas: its drawer, the server's answers, what is being typed.

const source = "#journey-canvas-source";
const drawerBody = "#drawer-body";

/** Tells of a new drawing that the server sent, from whichever form it came. */
export function whenRedrawn(tell: () => void): () => void {
  const watched = document.querySelector(source);
  if (watched === null) return () => undefined;
  const observer = new MutationObserver(() => {
    if (watched.firstElementChild !== null) tell();
  });
  observer.observe(watched, { childList: true, subtree: true, attributes: true });
  return () => observer.disconnect();
}

/** The card in the drawer; empty while it is closed. */
export function openCard(): string {
  return document.querySelector<HTMLElement>(`${drawerBody} [data-card]`)?.dataset.card ?? "";
}

export function whenDrawerTurns(tell: (card: string) => void): () => void {
  const body = document.querySelector(drawerBody);
  if (body === null) return () => undefined;
  const observer = new MutationObserver(() => tell(openCard()));
  observer.observe(body, { childList: true });
  return () => observer.disconnect();
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
