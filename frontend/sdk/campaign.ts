const utm: Record<string, string> = {
  utm_campaign: "name",
  utm_source: "source",
  utm_medium: "medium",
  utm_term: "term",
  utm_content: "content",
  utm_id: "id",
};
// Google, Yahoo! Japan, Meta, TikTok, X, Microsoft, LinkedIn, LINE.
const clickIds = "gclid gbraid wbraid dclid yclid fbclid ttclid twclid msclkid li_fat_id ldtag_cl".split(" ");

/** The campaign parameters of an address under their own names: `{ utm_source: "google", gclid: "…" }`. */
export function campaignOf(search: string): Record<string, string> | undefined {
  const parameters = new URLSearchParams(search);
  const found: Record<string, string> = {};
  for (const name of [...Object.keys(utm), ...clickIds]) {
    const value = parameters.get(name);
    if (value) found[name] = value.slice(0, 200);
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** The texts of a page, its addresses without what an advertiser knows the visitor by. */
export function withoutClickIds(page: Record<string, unknown>): Record<string, unknown> {
  const clicks = new RegExp(`\\b(${clickIds.join("|")})=[^&#]*&?`, "g");
  const cleaned = (value: unknown) =>
    typeof value === "string" ? value.replace(clicks, "").replace(/[?&]$/, "") : value;
  return Object.fromEntries(Object.entries(page).map(([name, value]) => [name, cleaned(value)]));
}

/** The same in the words of the Segment spec: `context.campaign`, and our `context.clickIds`. */
export function campaignContext(parameters: Record<string, string>): Record<string, Record<string, string>> {
  const campaign: Record<string, string> = {};
  const clicks: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const word = utm[name];
    if (word !== undefined) campaign[word] = value;
    else clicks[name] = value;
  }
  return {
    ...(Object.keys(campaign).length > 0 && { campaign }),
    ...(Object.keys(clicks).length > 0 && { clickIds: clicks }),
  };
}
