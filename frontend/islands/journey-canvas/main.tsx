import "@xyflow/react/dist/base.css";
import "./journey-canvas.css";
import { ReactFlowProvider } from "@xyflow/react";
import { createRoot } from "react-dom/client";
import { Canvas } from "./Canvas.tsx";
import { readSurroundings } from "./drawing.ts";
import { Editing } from "./editing.ts";

/** On narrow screens and on paper the outline below is the journey; the canvas draws where there is room. */
const root = document.querySelector<HTMLElement>("#journey-canvas");
if (root !== null) {
  const room = matchMedia("(min-width: 721px)");
  const draw = (): void => {
    if (!room.matches || root.dataset.drawn !== undefined) return;
    root.dataset.drawn = "";
    const place = document.createElement("div");
    place.className = "canvas-drawing";
    root.append(place);
    const page = readSurroundings(root);
    createRoot(place).render(
      <ReactFlowProvider>
        <Canvas root={root} page={page} editing={new Editing(root, page)} />
      </ReactFlowProvider>,
    );
  };
  draw();
  room.addEventListener("change", draw);
}
