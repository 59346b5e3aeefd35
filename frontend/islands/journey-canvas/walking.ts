import type { Drawing } from "./drawing.ts";
import type { Place } from "./layout.ts";

/** The card that an arrow key leads to from this one, as the eye sees the drawing. */
export function nextCard(
  drawing: Drawing,
  places: ReadonlyMap<string, Place>,
  from: string,
  key: string,
): string | undefined {
  const ids = new Set(drawing.cards.map((card) => card.id));
  switch (key) {
    case "ArrowDown":
      return drawing.ways.find((way) => way.source === from && ids.has(way.target))?.target;
    case "ArrowUp":
      return drawing.ways.find((way) => way.target === from)?.source;
    case "ArrowLeft":
    case "ArrowRight":
      return beside(places, ids, from, key === "ArrowRight" ? 1 : -1);
    default:
      return undefined;
  }
}

/** The nearest card to this side that stands about as high. */
function beside(
  places: ReadonlyMap<string, Place>,
  ids: ReadonlySet<string>,
  from: string,
  side: 1 | -1,
): string | undefined {
  const own = places.get(from);
  if (own === undefined) return undefined;
  const level = 120;
  return [...places]
    .filter(([id, place]) => ids.has(id) && Math.abs(place.y - own.y) < level)
    .map(([id, place]) => ({ id, distance: (place.x - own.x) * side }))
    .filter(({ distance }) => distance > 1)
    .sort((a, b) => a.distance - b.distance)[0]?.id;
}
