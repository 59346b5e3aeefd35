import { type Node, ReactFlow, useNodesInitialized, useNodesState, useReactFlow } from "@xyflow/react";
import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Card, type CardNode, End, type EndNode } from "./Card.tsx";
import { CanvasContext, type CanvasState } from "./context.ts";
import { type Drawing, endId, readDrawing, type Surroundings, type Way, wayId } from "./drawing.ts";
import type { Editing } from "./editing.ts";
import { Icon } from "./Icon.tsx";
import { cardWidth, type Place, placesOf, type Size, targetOf } from "./layout.ts";
import { Palette } from "./Palette.tsx";
import { isTyping, openCard, whenDrawerTurns, whenRedrawn } from "./page.ts";
import { WayEdge, type WayEdgeType } from "./WayEdge.tsx";
import { nextCard } from "./walking.ts";

const nodeTypes = { card: Card, end: End };
const edgeTypes = { way: WayEdge };
type AnyNode = CardNode | EndNode;
const drawerWidth = 400;
const lastCardHeight = 70;

interface Props {
  readonly root: HTMLElement;
  readonly page: Surroundings;
  readonly editing: Editing;
}

/** The drawing: the server says what it is, we say where it stands, and ask for changes. */
export function Canvas({ root, page, editing }: Props) {
  const [drawing, setDrawing] = useState<Drawing>(readDrawing);
  const [selected, setSelected] = useState(openCard);
  const [walked, setWalked] = useState("");
  const [adding, setAdding] = useState<Way>();
  const [nodes, setNodes, onNodesChange] = useNodesState<AnyNode>(nodesOf(drawing));
  const places = usePlaces(drawing, nodes, setNodes);
  useView(drawing, places, selected);

  useEffect(() => whenRedrawn(() => setDrawing(readDrawing())), []);
  useEffect(() => whenDrawerTurns(setSelected), []);
  useEffect(() => setNodes((before) => keepPlaces(before, nodesOf(drawing))), [drawing, setNodes]);
  useUndoKeys(drawing, editing);

  const open = useCallback(
    (card: string, source: HTMLElement) => {
      setWalked(card);
      editing.open(card, source);
    },
    [editing],
  );
  const add = useCallback((way: Way) => setAdding((now) => (now === way ? undefined : way)), []);
  const keyDown = useCallback(
    (event: KeyboardEvent<HTMLElement>, card: string) => {
      const isStep = card !== card.toUpperCase();
      if (event.altKey && isStep && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        if (drawing.isEditable) editing.move(card, event.key === "ArrowUp" ? "up" : "down", drawing.revision);
      } else if (drawing.isEditable && isStep && (event.key === "Delete" || event.key === "Backspace")) {
        const next = nextCard(drawing, places, card, "ArrowUp") ?? "";
        editing.remove(card, drawing.revision);
        focusCard(root, next);
        setWalked(next);
      } else if (drawing.isEditable && event.key === "+") {
        const way = drawing.ways.find((one) => one.source === card);
        if (way) setAdding(way);
      } else {
        const next = nextCard(drawing, places, card, event.key);
        if (next === undefined) return;
        setWalked(next);
        focusCard(root, next);
      }
      event.preventDefault();
    },
    [drawing, editing, places, root],
  );

  const edges = useMemo(() => edgesOf(drawing), [drawing]);
  const first = drawing.cards[0]?.id ?? "";
  const walkable = drawing.cards.some((card) => card.id === walked) ? walked : first;
  const state = useMemo<CanvasState>(
    () => ({
      icons: page.icons,
      words: page.words,
      isEditable: drawing.isEditable,
      selected,
      walkable,
      adding: adding === undefined ? "" : wayId(adding),
      mostPeople: Math.max(0, ...drawing.ways.map((way) => way.people)),
      open,
      add,
      keyDown,
    }),
    [page, drawing, selected, walkable, adding, open, add, keyDown],
  );
  const choose = (type: string): void => {
    if (adding !== undefined) editing.insert(adding, type, drawing.revision);
    setAdding(undefined);
  };
  const close = useCallback(() => setAdding(undefined), []);

  return (
    <CanvasContext value={state}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onMoveStart={close}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        zoomOnScroll={false}
        preventScrolling={false}
        zoomOnDoubleClick={false}
        minZoom={0.25}
        maxZoom={1.5}
      >
        <Zoom />
      </ReactFlow>
      {adding !== undefined && (
        <Palette kinds={page.palette} place={beside(root, adding)} choose={choose} close={close} />
      )}
    </CanvasContext>
  );
}

function Zoom() {
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  return (
    <CanvasContext.Consumer>
      {({ words }) => (
        <div className="canvas-zoom">
          <button type="button" className="btn btn-icon" aria-label={words.nearer} onClick={() => zoomIn()}>
            <Icon name="plus" />
          </button>
          <button type="button" className="btn btn-icon" aria-label={words.farther} onClick={() => zoomOut()}>
            <Icon name="minus" />
          </button>
          <button
            type="button"
            className="btn btn-icon"
            aria-label={words.fit}
            onClick={() => fitView({ padding: 0.12, maxZoom: 1 })}
          >
            <Icon name="layout-grid" />
          </button>
        </div>
      )}
    </CanvasContext.Consumer>
  );
}

/** Lays the drawing out by the sizes that its cards really have. */
function usePlaces(
  drawing: Drawing,
  nodes: readonly AnyNode[],
  setNodes: (change: (before: AnyNode[]) => AnyNode[]) => void,
): ReadonlyMap<string, Place> {
  const isMeasured = useNodesInitialized();
  const [places, setPlaces] = useState<ReadonlyMap<string, Place>>(new Map());
  const sizes = nodes
    .map((node) => `${node.id} ${node.measured?.width ?? 0} ${node.measured?.height ?? 0}`)
    .join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `sizes` stands for what is read of the nodes
  useLayoutEffect(() => {
    if (!isMeasured) return;
    const found = placesOf(drawing, sizesOf(nodes));
    setPlaces(found);
    setNodes((before) =>
      before.map((node) => ({
        ...node,
        position: found.get(node.id) ?? node.position,
        className: "canvas-placed",
      })),
    );
  }, [drawing, isMeasured, sizes, setNodes]);

  return places;
}

/** Shows the beginning at first; later it moves only to bring the chosen card into sight. */
function useView(drawing: Drawing, places: ReadonlyMap<string, Place>, selected: string): void {
  const { setViewport, setCenter, getViewport } = useReactFlow();
  const isShown = useRef(false);

  useEffect(() => {
    const start = places.get(drawing.cards[0]?.id ?? "");
    if (start === undefined) return;
    const box = document.querySelector<HTMLElement>("#journey-canvas")?.getBoundingClientRect();
    if (box === undefined) return;
    if (!isShown.current) {
      isShown.current = true;
      const left = Math.min(...[...places.values()].map((place) => place.x));
      const right = Math.max(...[...places.values()].map((place) => place.x + cardWidth));
      const bottom = Math.max(...[...places.values()].map((place) => place.y + lastCardHeight));
      const room = box.width - (selected === "" ? 0 : drawerWidth);
      const fits = Math.min((room - 80) / (right - left), (box.height - 56) / (bottom - start.y));
      const zoom = Math.min(1, Math.max(0.7, fits));
      void setViewport({ x: room / 2 - ((left + right) / 2) * zoom, y: 28 - start.y * zoom, zoom });
    }
    const place = places.get(selected);
    if (place === undefined) return;
    const { x, y, zoom } = getViewport();
    const seenX = place.x * zoom + x;
    const seenY = place.y * zoom + y;
    const isInSight =
      seenX > 8 &&
      seenX + cardWidth * zoom < box.width - drawerWidth &&
      seenY > 8 &&
      seenY + 90 * zoom < box.height;
    if (!isInSight) {
      void setCenter(place.x + cardWidth / 2 + drawerWidth / 2 / zoom, place.y + 45, { zoom, duration: 150 });
    }
  }, [drawing, places, selected, setViewport, setCenter, getViewport]);
}

/** Ctrl+Z and Ctrl+Shift+Z, unless somebody is typing. */
function useUndoKeys(drawing: Drawing, editing: Editing): void {
  useEffect(() => {
    const keyDown = (event: globalThis.KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || isTyping(event.target))
        return;
      event.preventDefault();
      if (event.shiftKey && drawing.canRedo) editing.redo(drawing.revision);
      if (!event.shiftKey && drawing.canUndo) editing.undo(drawing.revision);
    };
    if (!drawing.isEditable) return;
    document.addEventListener("keydown", keyDown);
    return () => document.removeEventListener("keydown", keyDown);
  }, [drawing, editing]);
}

function nodesOf(drawing: Drawing): AnyNode[] {
  const cards: AnyNode[] = drawing.cards.map((card) => ({
    id: card.id,
    type: "card",
    position: { x: 0, y: 0 },
    data: { card },
  }));
  const ends: AnyNode[] = drawing.ways
    .filter((way) => way.target === "")
    .map((way) => ({ id: endId(way), type: "end", position: { x: 0, y: 0 }, data: {} }));
  return [...cards, ...ends];
}

function edgesOf(drawing: Drawing): WayEdgeType[] {
  const goals = new Set(drawing.cards.filter((card) => card.kind === "goal").map((card) => card.id));
  return drawing.ways.map((way) => ({
    id: wayId(way),
    type: "way",
    source: way.source,
    target: targetOf(way),
    data: { way, isToGoal: goals.has(way.target) },
  }));
}

/** New cards begin where they are put; those that stay do not jump. */
function keepPlaces(before: readonly AnyNode[], now: AnyNode[]): AnyNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  return now.map((node) => {
    const old = known.get(node.id);
    if (old === undefined) return node;
    const kept = { ...node, position: old.position } as AnyNode;
    if (old.measured !== undefined) kept.measured = old.measured;
    if (old.className !== undefined) kept.className = old.className;
    return kept;
  });
}

function sizesOf(nodes: readonly Node[]): Map<string, Size> {
  return new Map(
    nodes.flatMap(({ id, measured }) =>
      measured?.width === undefined || measured.height === undefined
        ? []
        : [[id, { width: measured.width, height: measured.height }] as const],
    ),
  );
}

/** Where the menu of a「＋」opens, inside the canvas. */
function beside(root: HTMLElement, way: Way): Place {
  const plus = root.querySelector(`[data-canvas-way="${CSS.escape(wayId(way))}"]`)?.getBoundingClientRect();
  const box = root.getBoundingClientRect();
  const x = (plus?.right ?? box.left) - box.left + 8;
  const y = (plus?.top ?? box.top) - box.top - 12;
  const height = 470;
  return {
    x: Math.max(8, Math.min(x, box.width - 300)),
    y: Math.max(8, Math.min(y, Math.max(8, box.height - height))),
  };
}

function focusCard(root: HTMLElement, card: string): void {
  root.querySelector<HTMLElement>(`[data-canvas-card="${CSS.escape(card)}"]`)?.focus();
}
