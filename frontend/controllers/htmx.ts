import htmx from "htmx.org";
import { csrfToken } from "./request.ts";

/** htmx as our pages need it: no eval, no injected styles, form errors shown, failures said. */
export function configureHtmx(): void {
  Object.assign(htmx.config, {
    // The content security policy allows neither: hx-on and js: in attributes are off.
    allowEval: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    scrollIntoViewOnBoost: false,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      // A form with errors comes back with 422, a conflict with 409: both carry their own words.
      { code: "422|409", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const { headers } = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
    headers["X-CSRFToken"] = csrfToken();
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, sayFailure);
  }
}

/** The words stand in the page (`<template id="request-failed">` holds a toast), in the user's language. */
function sayFailure(): void {
  const words = document.querySelector<HTMLTemplateElement>("template#request-failed");
  const toasts = document.querySelector(".toasts");
  if (words === null || toasts === null) return;
  toasts.append(words.content.cloneNode(true));
}
