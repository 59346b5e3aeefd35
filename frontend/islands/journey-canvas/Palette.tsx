import { type KeyboardEvent, useContext, useEffect, useRef } from "react";
import { CanvasContext } from "./context.ts";
import type { StepKind } from "./drawing.ts";
import { Icon } from "./Icon.tsx";

interface Props {
  readonly kinds: readonly StepKind[];
  readonly place: { readonly x: number; readonly y: number };
  choose(type: string): void;
  close(): void;
}

/** Which step to put on a way: a menu beside its「＋」. */
export function Palette({ kinds, place, choose, close }: Props) {
  const { words } = useContext(CanvasContext);
  const menu = useRef<HTMLDivElement>(null);

  useEffect(() => {
    menu.current?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
    const leave = (event: PointerEvent): void => {
      if (event.target instanceof Node && !menu.current?.contains(event.target)) close();
    };
    document.addEventListener("pointerdown", leave, true);
    return () => document.removeEventListener("pointerdown", leave, true);
  }, [close]);

  const walk = (event: KeyboardEvent<HTMLDivElement>): void => {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
    else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={menu}
      className="canvas-palette"
      role="menu"
      tabIndex={-1}
      aria-label={words.choose}
      style={{ left: place.x, top: place.y }}
      onKeyDown={walk}
    >
      {kinds.map((kind) => (
        <button key={kind.type} type="button" role="menuitem" onClick={() => choose(kind.type)}>
          <Icon name={kind.icon} />
          <span>
            <b>{kind.label}</b>
            <small>{kind.hint}</small>
          </span>
        </button>
      ))}
    </div>
  );
}
