/** How a file is shown, by its name and size. */
import type { Entry } from "@/api/files";
import { extensionOf } from "@/features/notebooks/paths";

/** Larger texts would make the editor slow. */
export const LARGEST_TEXT = 5 * 1024 * 1024;
/** Notebooks with many pictures in them are large, and only shown. */
export const LARGEST_SHOWN = 50 * 1024 * 1024;

export const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  avif: "image/avif",
  ico: "image/x-icon",
  svg: "image/svg+xml",
};

export type Kind = "notebook" | "image" | "text" | "tooLarge" | "other";

/** `text` is a guess: what turns out to be something else is offered for download then. */
export function kindOf(entry: Entry): Kind {
  if (entry.type !== "file") return "other";
  const extension = extensionOf(entry.name);
  const size = entry.sizeBytes ?? 0;
  if (extension === "ipynb") return size > LARGEST_SHOWN ? "tooLarge" : "notebook";
  if (extension in IMAGES) return size > LARGEST_SHOWN ? "tooLarge" : "image";
  return size > LARGEST_TEXT ? "tooLarge" : "text";
}

/** A file's text; null if it is none. A byte order mark stays, so that saving keeps it. */
export function textOf(bytes: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
