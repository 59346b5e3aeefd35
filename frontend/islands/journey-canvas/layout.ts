import dagre from "@dagrejs/dagre";
import { type Drawing, endId, type Way } from "./drawing.ts";

export const cardWidth = 272;
export const endSize = 26;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where each card stands, by id: top to bottom, arms beside each other in their order. */
export function placesOf(drawing: Drawing, sizes: ReadonlyMap<string, Size>): Map<string, Place> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 44, ranksep: 62, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const card of drawing.cards) graph.setNode(card.id, { ...sizeOf(card.id, sizes) });
  for (const way of drawing.ways) {
    if (way.target === "") graph.setNode(endId(way), { width: endSize, height: endSize });
    graph.setEdge(way.source, targetOf(way));
  }
  dagre.layout(graph, { constraints: armOrder(drawing) });
  const places = new Map<string, Place>();
  for (const id of graph.nodes()) {
    const { x, y } = graph.node(id);
    const size = sizeOf(id, sizes);
    places.set(id, { x: x - size.width / 2, y: y - size.height / 2 });
  }
  return places;
}

export function targetOf(way: Way): string {
  return way.target === "" ? endId(way) : way.target;
}

/** Arms stand beside each other as the branch names them. */
function armOrder(drawing: Drawing): { left: string; right: string }[] {
  const found = [];
  for (const card of drawing.cards) {
    const targets = [...new Set(drawing.ways.filter((way) => way.source === card.id).map(targetOf))];
    for (let place = 1; place < targets.length; place++) {
      const [left, right] = [targets[place - 1], targets[place]];
      if (left !== undefined && right !== undefined) found.push({ left, right });
    }
  }
  return found;
}

function sizeOf(id: string, sizes: ReadonlyMap<string, Size>): Size {
  const fallback = id.startsWith("end:")
    ? { width: endSize, height: endSize }
    : { width: cardWidth, height: 78 };
  return sizes.get(id) ?? fallback;
}
