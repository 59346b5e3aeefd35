import type { Client } from "./client.ts";
import { isPrerendering } from "./pages.ts";

// So long after their last act somebody is still reading.
const readsFor = 30_000;

/** How long a page had somebody's attention and how far down it was seen: told when the page is left. */
export function watchEngagement(client: Client): void {
  let since = isSeen() ? Date.now() : undefined;
  let engaged = 0;
  let deepest = 0;

  const attend = () => {
    const now = Date.now();
    if (since !== undefined) engaged += Math.min(now - since, readsFor);
    since = isSeen() ? now : undefined;
  };
  const scrolled = () => {
    attend();
    deepest = Math.max(deepest, depth());
  };

  const options = { capture: true, passive: true };
  for (const name of ["pointerdown", "pointermove", "keydown"]) addEventListener(name, attend, options);
  addEventListener("scroll", scrolled, options);
  for (const name of ["visibilitychange", "prerenderingchange"]) document.addEventListener(name, attend);

  client.onLeaving((isOver) => {
    attend();
    const seconds = Math.round(engaged / 1000);
    // Who comes back to a tab reads on: what they add is told when they leave again, and only that.
    if (seconds > 0) {
      client.tell("page_left", { seconds, scroll: deepest || depth() });
      engaged = 0;
    }
    if (isOver) {
      engaged = 0;
      deepest = 0;
    }
  });
}

/** Neither in the background nor rendered ahead. */
function isSeen(): boolean {
  return document.visibilityState === "visible" && !isPrerendering();
}

/** Percent of the page down to the lower edge of the window. */
function depth(): number {
  const whole = document.documentElement.scrollHeight || 1;
  return Math.min(100, Math.max(0, Math.round((100 * (scrollY + innerHeight)) / whole)));
}
