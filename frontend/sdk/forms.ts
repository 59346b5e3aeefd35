import type { Client } from "./client.ts";

const selector = "form[data-tabiji-form]";
const anonymousField = "_tabiji_anonymous_id";

/** Watches marked forms: seen, begun, a field that was refused, given up at which field, submitted. The values
 *  that people type are never read. */
export function watchForms(client: Client): void {
  /** By form, begun and not sent: the field that had the attention last; empty once it was told. */
  const open = new Map<string, string>();
  const begun = new Set<string>();
  const refused = new Set<string>();
  const tell = (event: string, form_id: string, field?: string) => {
    client.tell(event, { form_id, ...(field && { field }) });
  };
  const tellError = (input: Element) => {
    const form = input.closest(selector);
    const field = nameOf(input);
    if (form === null || field === "" || refused.has(`${idOf(form)} ${field}`)) return;
    refused.add(`${idOf(form)} ${field}`);
    tell("form_error", idOf(form), field);
  };

  watchViews((form) => tell("form_viewed", idOf(form)), tellError);
  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form === undefined) return;
    const id = idOf(form);
    if (!begun.has(id)) tell("form_started", id);
    begun.add(id);
    open.set(id, nameOf(event.target as Element));
  });
  document.addEventListener("focusin", (event) => {
    const form = formOf(event);
    const field = nameOf(event.target as Element);
    if (form !== undefined && field && open.has(idOf(form))) open.set(idOf(form), field);
  });
  // What the browser itself finds wrong never reaches `submit`.
  document.addEventListener("invalid", (event) => tellError(event.target as Element), true);
  document.addEventListener(
    "submit",
    (event) => {
      const form = formOf(event);
      if (form === undefined) return;
      open.delete(idOf(form));
      fillHidden(client, form);
      // Our own server records the submission of its forms itself, with what was decided about it.
      if (field(form, anonymousField) === null) tell("form_submitted", idOf(form));
    },
    true,
  );
  client.onLeaving((isOver) => {
    for (const [id, name] of open) {
      if (name) tell("form_field_left", id, name);
      open.set(id, "");
    }
    if (!isOver) return;
    for (const told of [open, begun, refused]) told.clear();
  });
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

function idOf(form: Element): string {
  return form.getAttribute("data-tabiji-form") ?? "";
}

/** What the site calls the field; buttons and unnamed inputs have no name. */
function nameOf(input: Element): string {
  return input.matches("input,select,textarea") ? (input.getAttribute("name") ?? input.id).slice(0, 100) : "";
}

function formOf(event: Event): Element | undefined {
  const target = event.target;
  return target instanceof Element ? (target.closest(selector) ?? undefined) : undefined;
}

function watchViews(seen: (form: Element) => void, refused: (input: Element) => void): void {
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
      // A server that refused an answer sends the form back with the fields marked.
      form.querySelectorAll('[aria-invalid="true"]').forEach(refused);
    }
  };
  look();
  // Pop-ups and single-page sites bring their forms later.
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
}
