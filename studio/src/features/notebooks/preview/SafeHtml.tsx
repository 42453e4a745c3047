import { makeStyles } from "@fluentui/react-components";
import { useLayoutEffect, useRef } from "react";
import { Scrollable } from "@/features/notebooks/preview/Scrollable";
import { sheet } from "@/features/notebooks/preview/sheet";

const useStyles = makeStyles({
  // Nothing in it is drawn outside of it, wherever its own styles want it to be.
  fence: { contain: "content", minWidth: 0 },
});

interface Props {
  /** What `sanitized` made. */
  readonly content: DocumentFragment;
  readonly label: string;
}

/**
 * Cleaned HTML, in a shadow tree: its styles reach nothing of the page, and the page's nothing of
 * it, but the colours, which are inherited.
 */
export function SafeHtml({ content, label }: Props) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = sheet;
    root.replaceChildren(style, content.cloneNode(true));
  }, [content]);
  return (
    <Scrollable label={label} className={useStyles().fence}>
      <div ref={host} />
    </Scrollable>
  );
}
