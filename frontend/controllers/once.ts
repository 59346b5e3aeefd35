const TOO_QUICK_MS = 3_000;

/**
 * Two quick presses are one: a form that has just left is not sent a second time. Forms whose answer htmx swaps
 * in, or that only ask (GET), may be sent again at once; a form that answers with a file, a little later.
 */
export function sendFormsOnce(): void {
  const sentAt = new WeakMap<HTMLFormElement, number>();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post" || form.target)
      return;
    if (event.timeStamp - (sentAt.get(form) ?? -TOO_QUICK_MS) < TOO_QUICK_MS) event.preventDefault();
    else sentAt.set(form, event.timeStamp);
  });
}
