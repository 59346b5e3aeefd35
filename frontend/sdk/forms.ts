import type { Client } from "./client.ts";

const selector = "form[data-tabiji-form]";
const anonymousField = "_tabiji_anonymous_id";

/** Watches marked forms: seen, begun, submitted. The values that people type are never read. */
export function watchForms(client: Client): void {
  const begun = new WeakSet<Element>();
  const tell = (event: string, form: Element) => {
    client.track(event, { form_id: form.getAttribute("data-tabiji-form") });
  };

  watchViews((form) => tell("form_viewed", form));
  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form === undefined || begun.has(form)) return;
    begun.add(form);
    tell("form_started", form);
  });
  document.addEventListener(
    "submit",
    (event) => {
      const form = formOf(event);
      if (form === undefined) return;
      fillHidden(client, form);
      // Our own server records the submission of its forms itself, with what was decided about it.
      if (field(form, anonymousField) === null) tell("form_submitted", form);
    },
    true,
  );
}

/** Fills the hidden fields that our server renders, when they are there and empty. */
export function fillForms(client: Client): void {
  for (const form of document.querySelectorAll("form")) {
    if (form.matches(selector) || field(form, anonymousField) !== null) fillHidden(client, form);
  }
}

function fillHidden(client: Client, form: Element): void {
  fill(form, anonymousField, client.anonymousId());
  for (const [name, value] of Object.entries(client.campaign())) fill(form, name, value);
}

function fill(form: Element, name: string, value: string | undefined): void {
  const input = field(form, name);
  if (input !== null && input.value === "" && value !== undefined) input.value = value;
}

function field(form: Element, name: string): HTMLInputElement | null {
  return form.querySelector<HTMLInputElement>(`input[type=hidden][name="${name}"]`);
}

function formOf(event: Event): Element | undefined {
  const target = event.target;
  return target instanceof Element ? (target.closest(selector) ?? undefined) : undefined;
}

function watchViews(seen: (form: Element) => void): void {
  const known = new WeakSet<Element>();
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      observer.unobserve(entry.target);
      seen(entry.target);
    }
  });
  const look = () => {
    for (const form of document.querySelectorAll(selector)) {
      if (known.has(form)) continue;
      known.add(form);
      observer.observe(form);
    }
  };
  look();
  // Pop-ups and single-page sites bring their forms later.
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
}
