import { createContext, type KeyboardEvent } from "react";
import type { Surroundings, Way } from "./drawing.ts";

export interface CanvasState {
  readonly icons: string;
  readonly words: Surroundings["words"];
  readonly isEditable: boolean;
  /** The card whose drawer is open. */
  readonly selected: string;
  /** The card that Tab leads to; arrow keys go on from it. */
  readonly walkable: string;
  /** The way on which a step is being chosen. */
  readonly adding: string;
  readonly mostPeople: number;
  open(card: string, source: HTMLElement): void;
  add(way: Way): void;
  keyDown(event: KeyboardEvent<HTMLElement>, card: string): void;
}

export const CanvasContext = createContext<CanvasState>({
  icons: "",
  words: {} as Surroundings["words"],
  isEditable: false,
  selected: "",
  walkable: "",
  adding: "",
  mostPeople: 0,
  open: () => undefined,
  add: () => undefined,
  keyDown: () => undefined,
});
