/** Markdown as safe HTML. */
import { marked } from "marked";
import { sanitized } from "@/features/notebooks/preview/sanitize";

/** @param attachments addresses of the pictures that a notebook's cell carries, by name. */
export function markdownOf(
  text: string,
  attachments: Readonly<Record<string, string>> = {},
): DocumentFragment {
  const withPictures = text.replace(
    /\(attachment:([^)\s]+)/g,
    (whole, name: string) => `(${attachments[name] ?? whole.slice(1)}`,
  );
  return sanitized(marked.parse(withPictures, { async: false, gfm: true }));
}
