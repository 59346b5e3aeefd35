import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Collector, freshBrowser, leavePage, snippet } from "./collector.ts";

const siteForm = `
  <form data-tabiji-form="contact" action="#">
    <input name="email" value=""><textarea name="message"></textarea><button>送る</button>
  </form>`;

const ownForm = `
  <form data-tabiji-form="siryo" action="#">
    <input type="hidden" name="_tabiji_anonymous_id" value="">
    <input type="hidden" name="utm_source" value="">
    <input type="hidden" name="utm_medium" value="mail">
    <input name="email"><button>送る</button>
  </form>`;

describe("forms", () => {
  let collector: Collector;
  let show: (form: Element) => void;

  beforeEach(() => {
    vi.useFakeTimers();
    const callbacks: IntersectionObserverCallback[] = [];
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(callback: IntersectionObserverCallback) {
          callbacks.push(callback);
        }
        observe(): void {}
        unobserve(): void {}
      },
    );
    show = (form) => {
      const entry = { isIntersecting: true, target: form } as unknown as IntersectionObserverEntry;
      for (const callback of callbacks) callback([entry], undefined as unknown as IntersectionObserver);
    };
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  function open(body: string, url = "https://tanomoa.example/contact/"): HTMLFormElement {
    freshBrowser(url, body);
    collector = new Collector();
    return document.forms[0] ?? document.createElement("form");
  }

  it("tell that they were seen, begun and submitted", async () => {
    const form = open(siteForm);
    snippet();

    show(form);
    type(form, "sato@aoba.example");
    type(form, "sato@aoba.example!");
    submit(form);
    await collector.wait();

    const told = collector.events.map((event) => [event.event, event.properties.form_id]);
    expect(told).toContainEqual(["form_viewed", "contact"]);
    expect(told.filter(([event]) => event === "form_started")).toHaveLength(1);
    expect(told).toContainEqual(["form_submitted", "contact"]);
  });

  it("never tell what was typed", async () => {
    const form = open(siteForm);
    snippet();

    type(form, "sato@aoba.example");
    submit(form);
    await collector.wait();

    expect(JSON.stringify(collector.requests)).not.toContain("sato@aoba.example");
  });

  it("tell at which field they were given up, once", async () => {
    const form = open(siteForm);
    snippet();

    type(form, "sato@aoba.example");
    field(form, "message").dispatchEvent(new Event("focusin", { bubbles: true }));
    dispatchEvent(new Event("pagehide"));
    dispatchEvent(new Event("pagehide"));
    await collector.wait();

    const left = collector.named("form_field_left");
    expect(new Set(left.map((event) => event.messageId)).size).toBe(1);
    expect(left[0]?.properties).toEqual({ form_id: "contact", field: "message" });
    expect(JSON.stringify(collector.requests)).not.toContain("sato@aoba.example");
  });

  it("are not given up by who sent them, or never began", async () => {
    const form = open(siteForm);
    snippet();

    field(form, "message").dispatchEvent(new Event("focusin", { bubbles: true }));
    dispatchEvent(new Event("pagehide"));
    type(form, "sato@aoba.example");
    submit(form);
    dispatchEvent(new Event("pagehide"));
    await collector.wait();

    expect(collector.named("form_field_left")).toEqual([]);
  });

  it("tell which field was refused, by the browser or by the server, once", async () => {
    const form = open(siteForm.replace("<textarea", '<textarea aria-invalid="true"'));
    snippet();

    for (let attempt = 0; attempt < 3; attempt += 1) {
      field(form, "email").dispatchEvent(new Event("invalid"));
    }
    await collector.wait();

    expect(collector.named("form_error").map((event) => event.properties)).toEqual([
      { form_id: "contact", field: "message" },
      { form_id: "contact", field: "email" },
    ]);
  });

  it("of our own server carry the visitor and the campaign, where empty", () => {
    const form = open(ownForm, "https://tanomoa.example/lp?utm_source=google&utm_medium=cpc");

    const tabiji = snippet();

    expect(value(form, "_tabiji_anonymous_id")).toBe(tabiji.anonymousId());
    expect(value(form, "utm_source")).toBe("google");
    expect(value(form, "utm_medium")).toBe("mail");
  });

  it("of our own server are not counted as submitted twice", async () => {
    const form = open(ownForm);
    snippet();

    submit(form);
    await collector.wait();

    expect(collector.named("form_submitted")).toEqual([]);
  });

  it("carry the campaign of the page where the visit began", () => {
    open("", "https://tanomoa.example/?utm_source=google");
    snippet().page();
    leavePage();
    document.body.innerHTML = ownForm;
    (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL(
      "https://tanomoa.example/lp",
    );

    snippet();

    expect(value(document.forms[0], "utm_source")).toBe("google");
  });

  it("do not carry the visitor who refused", () => {
    const form = open(ownForm);

    snippet({ consent: "denied" });

    expect(value(form, "_tabiji_anonymous_id")).toBe("");
  });
});

function field(form: HTMLFormElement, name: string): HTMLInputElement {
  const input = form.querySelector<HTMLInputElement>(`[name=${name}]`);
  if (input === null) throw new Error(`the form has no field ${name}`);
  return input;
}

function type(form: HTMLFormElement, text: string): void {
  const input = field(form, "email");
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function submit(form: HTMLFormElement): void {
  form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
}

function value(form: HTMLFormElement | undefined, name: string): string | undefined {
  return form?.querySelector<HTMLInputElement>(`[name=${name}]`)?.value;
}
