/** What a key means in the tree, as people know it from trees (WAI-ARIA's tree view pattern). */
import { parentOf } from "@/features/notebooks/paths";
import { indexOf, type Row } from "@/features/notebooks/tree/rows";

/** Rows that a page up or down goes. */
const LEAP = 15;

export type KeyAction =
  | { readonly do: "go"; readonly index: number }
  | { readonly do: "open" | "close" | "choose" | "rename" | "remove" | "menu" };

export interface Pressed {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** What to do; null where the key means nothing here. `index` is the active row, or -1. */
export function actionOf(pressed: Pressed, rows: readonly Row[], index: number): KeyAction | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const { key } = pressed;
  if (key === "ContextMenu" || (key === "F10" && pressed.shiftKey)) return { do: "menu" };
  const row = rows[index];
  switch (key) {
    case "Enter":
    case " ":
      return { do: "choose" };
    case "F2":
      return { do: "rename" };
    case "Delete":
      return { do: "remove" };
    case "ArrowRight":
      return right(rows, row, index);
    case "ArrowLeft":
      return left(rows, row);
  }
  return moved(key, rows, index);
}

function moved(key: string, rows: readonly Row[], index: number): KeyAction | null {
  const last = rows.length - 1;
  switch (key) {
    case "ArrowDown":
      return go(Math.min(last, index + 1));
    case "ArrowUp":
      return go(Math.max(0, index - 1));
    case "PageDown":
      return go(Math.min(last, index + LEAP));
    case "PageUp":
      return go(Math.max(0, index - LEAP));
    case "Home":
      return go(0);
    case "End":
      return go(last);
  }
  return key.length === 1 ? typed(key.toLowerCase(), rows, index) : null;
}

function go(index: number): KeyAction | null {
  return index < 0 ? null : { do: "go", index };
}

function right(rows: readonly Row[], row: Row | undefined, index: number): KeyAction | null {
  if (row?.kind !== "entry" || row.entry.type !== "directory") return null;
  return row.open ? go(Math.min(rows.length - 1, index + 1)) : { do: "open" };
}

function left(rows: readonly Row[], row: Row | undefined): KeyAction | null {
  if (row?.kind === "entry" && row.open) return { do: "close" };
  if (!row) return null;
  return go(indexOf(rows, row.kind === "entry" ? parentOf(row.entry.path) : row.folder));
}

/** The next row whose name begins with the letter. */
function typed(letter: string, rows: readonly Row[], index: number): KeyAction | null {
  for (let step = 1; step <= rows.length; step++) {
    const at = (index + step) % rows.length;
    const row = rows[at];
    if (row?.kind === "entry" && row.entry.name.toLowerCase().startsWith(letter)) return go(at);
  }
  return null;
}
