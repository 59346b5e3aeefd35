import { useContext } from "react";
import { CanvasContext } from "./context.ts";

/** An icon of the sprite; decorative, so the text beside it must say what it means. */
export function Icon({ name }: { readonly name: string }) {
  const { icons } = useContext(CanvasContext);
  return (
    <svg className="icon icon-s" aria-hidden="true">
      <use href={`${icons}#${name}`} />
    </svg>
  );
}
