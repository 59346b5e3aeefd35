// What the server says of a journey (`tabiji/web/journeys/drawing.py`): the canvas draws it and adds nothing.

export interface Count {
  readonly label: string;
  readonly text: string;
  readonly href: string;
}

export type Kind = "entry" | "wait" | "auto" | "branch" | "goal" | "exit";

export interface Card {
  readonly id: string;
  readonly kind: Kind;
  readonly icon: string;
  readonly title: string;
  readonly numbers: readonly Count[];
  readonly problems: readonly string[];
  readonly isLit: boolean;
  readonly isHere: boolean;
}

/** From a card by a port to another card; an empty target is an end. */
export interface Way {
  readonly source: string;
  readonly port: string;
  readonly target: string;
  readonly label: string;
  readonly people: number;
  readonly number: Count | null;
  readonly isLit: boolean;
  readonly isUnused: boolean;
}

export interface Drawing {
  readonly cards: readonly Card[];
  readonly ways: readonly Way[];
  readonly isEditable: boolean;
  readonly revision: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

export interface StepKind {
  readonly type: string;
  readonly label: string;
  readonly hint: string;
  readonly icon: string;
}

/** What the page around the canvas gives it: addresses, words in the reader's language, steps on offer. */
export interface Surroundings {
  readonly stepAddress: string;
  readonly editAddress: string;
  readonly icons: string;
  readonly palette: readonly StepKind[];
  readonly words: Readonly<Record<Word, string>>;
}

type Word = "add" | "choose" | "close" | "end" | "farther" | "fit" | "here" | "keys" | "nearer" | "problems";

export const dataId = "journey-canvas-data";

export function readDrawing(): Drawing {
  return JSON.parse(attribute(document.getElementById(dataId), "drawing")) as Drawing;
}

export function readSurroundings(root: HTMLElement): Surroundings {
  const query = attribute(root, "stepQuery");
  return {
    stepAddress: attribute(root, "stepAddress") + query,
    editAddress: attribute(root, "editAddress"),
    icons: attribute(root, "icons"),
    palette: JSON.parse(attribute(root, "palette")) as StepKind[],
    words: JSON.parse(attribute(root, "words")) as Record<Word, string>,
  };
}

export function wayId(way: Way): string {
  return `${way.source}:${way.port}`;
}

/** A way that leads nowhere ends in a stop of its own. */
export function endId(way: Way): string {
  return `end:${wayId(way)}`;
}

function attribute(element: HTMLElement | null, name: string): string {
  const text = element?.dataset[name];
  if (text === undefined) throw new Error(`the page has no data-${name} for the canvas`);
  return text;
}
