import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { useContext } from "react";
import { CanvasContext } from "./context.ts";
import { type Way, wayId } from "./drawing.ts";
import { Icon } from "./Icon.tsx";

export type WayEdgeType = Edge<{ way: Way; isToGoal: boolean }, "way">;

/** A way: as wide as people went it, with its arm's name, and a place to put a step. */
export function WayEdge({
  id,
  sourceX,
  sourceY,
  targetX,
  targetY,
  sourcePosition,
  targetPosition,
  data,
}: EdgeProps<WayEdgeType>) {
  const { adding, add, isEditable, mostPeople, words } = useContext(CanvasContext);
  const [path, middleX, middleY] = getBezierPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition,
    targetPosition,
  });
  if (data === undefined) return null;
  const { way, isToGoal } = data;
  const tone = `${isToGoal ? " canvas-way-goal" : ""}${way.isLit ? " canvas-way-lit" : ""}${way.isUnused ? " canvas-way-unused" : ""}`;
  const y = way.label === "" ? middleY : middleY + 14;
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        className={`canvas-way${tone}`}
        style={{ strokeWidth: widthOf(way, mostPeople) }}
        interactionWidth={0}
      />
      <EdgeLabelRenderer>
        {way.label !== "" && (
          <span
            className={`canvas-arm nopan${way.isUnused ? " canvas-arm-unused" : ""}`}
            style={{
              transform: `translate(-50%, -50%) translate(${(sourceX + 3 * middleX) / 4}px, ${middleY - 14}px)`,
            }}
          >
            {way.label} {way.number !== null && <a href={way.number.href}>{way.number.text}</a>}
          </span>
        )}
        {isEditable && (
          <button
            type="button"
            className={`canvas-plus nopan${adding === wayId(way) ? " canvas-plus-open" : ""}`}
            data-canvas-way={wayId(way)}
            style={{ transform: `translate(-50%, -50%) translate(${middleX}px, ${y}px)` }}
            aria-label={way.label === "" ? words.add : `${words.add} (${way.label})`}
            aria-haspopup="menu"
            aria-expanded={adding === wayId(way)}
            onClick={() => add(way)}
          >
            <Icon name="plus" />
          </button>
        )}
      </EdgeLabelRenderer>
    </>
  );
}

function widthOf(way: Way, most: number): number {
  return most === 0 ? 3 : 1.5 + (11.5 * way.people) / most;
}
