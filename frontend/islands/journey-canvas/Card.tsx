import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { type KeyboardEvent, useContext } from "react";
import { CanvasContext } from "./context.ts";
import type { Card as CardData, Count } from "./drawing.ts";
import { Icon } from "./Icon.tsx";

export type CardNode = Node<{ card: CardData }, "card">;
export type EndNode = Node<Record<string, never>, "end">;

const kinds = { wait: " step-card-wait", auto: " step-card-auto", exit: " step-card-auto" } as const;

/** One step: its sentence opens the drawer, its numbers open the people behind them. */
export function Card({ data: { card } }: NodeProps<CardNode>) {
  const { selected, walkable, open, keyDown, words } = useContext(CanvasContext);
  const isSelected = selected === card.id;
  const title = (
    <button
      type="button"
      className="canvas-card-title"
      data-canvas-card={card.id}
      tabIndex={walkable === card.id ? 0 : -1}
      aria-current={isSelected ? "step" : undefined}
      title={words.keys}
      onClick={(event) => open(card.id, event.currentTarget)}
      onKeyDown={(event: KeyboardEvent<HTMLElement>) => keyDown(event, card.id)}
    >
      <Icon name={card.icon} />
      <span>{card.title}</span>
      {card.problems.length > 0 && (
        <span className="canvas-card-problem" title={card.problems.join("\n")}>
          <Icon name="alert-triangle" />
          <span className="sr">{`${words.problems}: ${card.problems.join(" ")}`}</span>
        </span>
      )}
    </button>
  );
  const lit = `${card.isLit ? " canvas-lit" : ""}${card.isHere ? " canvas-here" : ""}`;
  return (
    <div className={`canvas-card nopan${lit}`}>
      {card.kind !== "entry" && <Handle type="target" position={Position.Top} isConnectable={false} />}
      {card.kind === "goal" ? (
        <div className={`goal-flag${isSelected ? " step-card-selected" : ""}`}>
          {title}
          <Counts numbers={card.numbers} />
        </div>
      ) : (
        <div
          className={`step-card${kindOf(card)}${isSelected ? " step-card-selected" : ""}${card.problems.length > 0 ? " canvas-card-bad" : ""}`}
        >
          {title}
          {card.isHere && <span className="tag tag-ok">{words.here}</span>}
          {card.numbers.length > 0 && (
            <div className="step-card-counts">
              <Counts numbers={card.numbers} />
            </div>
          )}
        </div>
      )}
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}

/** Where a way ends. */
export function End(_: NodeProps<EndNode>) {
  const { words } = useContext(CanvasContext);
  return (
    <div className="canvas-end">
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <span className="sr">{words.end}</span>
    </div>
  );
}

function Counts({ numbers }: { readonly numbers: readonly Count[] }) {
  return numbers.map((one) => (
    <span key={one.label + one.href}>
      {one.label} <a href={one.href}>{one.text}</a>
    </span>
  ));
}

function kindOf(card: CardData): string {
  if (card.kind === "branch") return " step-card-branch";
  return card.kind in kinds ? kinds[card.kind as keyof typeof kinds] : "";
}
