/**
 * HTML that others wrote, made safe to show: no scripts, nothing loaded from anywhere, nothing that
 * a person could take for a part of the studio. The page's content policy refuses the same once
 * more.
 */
import DOMPurify from "dompurify";

const purifier = DOMPurify(window);

const FORBIDDEN = [
  "form",
  "input",
  "button",
  "textarea",
  "select",
  "option",
  "dialog",
  "audio",
  "video",
  "source",
  "track",
  "picture",
  "map",
  "area",
];

const LINK = /^(https?|mailto):/i;
const PICTURE = /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/i;
const FRAGMENT = /^#/;

/** What lets styles load something, and escapes, behind which it could hide. */
const LOADS = /\\|@import|url\s*\(|image-set\s*\(|src\s*\(|image\s*\(|expression\s*\(/i;

purifier.addHook("uponSanitizeElement", (node) => {
  if (node instanceof Element && node.localName === "style" && LOADS.test(node.textContent ?? "")) {
    node.textContent = "";
  }
});

purifier.addHook("uponSanitizeAttribute", (node, attribute) => {
  const { attrName, attrValue } = attribute;
  if (!keeps(node.localName, attrName, attrValue)) attribute.keepAttr = false;
});

purifier.addHook("afterSanitizeAttributes", (node) => {
  // A picture that is not loaded is its words, or nothing.
  if (node.localName === "img" && !node.hasAttribute("alt")) node.setAttribute("alt", "");
  if (node.localName !== "a") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

function keeps(element: string, name: string, value: string): boolean {
  switch (name) {
    case "href":
    case "xlink:href":
      if (element === "a") return LINK.test(value.trim());
      return element === "image" ? PICTURE.test(value) : FRAGMENT.test(value);
    case "src":
      return element === "img" && PICTURE.test(value);
    case "srcset":
    case "background":
    case "poster":
    case "ping":
    case "action":
    case "formaction":
      return false;
  }
  // Styles, and the attributes of SVG that take an address as a style does.
  return !LOADS.test(value.replace(/url\(\s*["']?#[^)]*\)/gi, ""));
}

/**
 * The HTML as a part of a document, to be put where it is shown. A browser may complain of handlers
 * of events that it sees before they are taken out; it runs none.
 */
export function sanitized(html: string): DocumentFragment {
  return purifier.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    // A style at the very beginning would be dropped with the head.
    FORCE_BODY: true,
    ADD_TAGS: ["style"],
    ADD_ATTR: ["target"],
    FORBID_TAGS: FORBIDDEN,
    ALLOW_DATA_ATTR: false,
  });
}

/** Whether a person would see anything of it: what a script draws is not there without it. */
export function hasContent(fragment: DocumentFragment): boolean {
  if (fragment.querySelector("img, svg, hr, table, progress, meter")) return true;
  const copy = fragment.cloneNode(true) as DocumentFragment;
  for (const style of copy.querySelectorAll("style")) style.remove();
  return (copy.textContent ?? "").trim() !== "";
}
