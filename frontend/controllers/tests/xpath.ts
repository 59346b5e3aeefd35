// happy-dom has no XPath. htmx asks it only for hx-on attributes, which our configuration turns off.
class NoXPath {
  createExpression(): { evaluate: () => { iterateNext: () => null } } {
    return { evaluate: () => ({ iterateNext: () => null }) };
  }
}

globalThis.XPathEvaluator ??= NoXPath as unknown as typeof XPathEvaluator;
