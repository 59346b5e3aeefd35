import type { Client } from "./client.ts";

// So long after their last act somebody is still reading.
const readsFor = 30_000;

/** How long a page had somebody's attention and how far down it was seen: told when the page is left. */
export function watchEngagement(client: Client): void {
  let since = Date.now();
  let engaged = 0;
  let deepest = 0;

  const attend = () => {
    const now = Date.now();
    engaged += Math.min(now - since, readsFor);
    since = now;
  };
  const scrolled = () => {
    attend();
    deepest = Math.max(deepest, depth());
  };

  const options = { capture: true, passive: true };
  for (const name of ["pointerdown", "pointermove", "keydown"]) addEventListener(name, attend, options);
  addEventListener("scroll", scrolled, options);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") since = Date.now();
  });

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

/** Percent of the page down to the lower edge of the window. */
function depth(): number {
  const whole = document.documentElement.scrollHeight || 1;
  return Math.min(100, Math.max(0, Math.round((100 * (scrollY + innerHeight)) / whole)));
}
