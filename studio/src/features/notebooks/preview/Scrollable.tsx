import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { type ReactNode, useEffect, useRef, useState } from "react";

const useStyles = makeStyles({
  root: {
    overflowX: "auto",
    overflowY: "hidden",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
});

interface Props {
  readonly label: string;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** What may be wider than its place; the keyboard reaches it then, to scroll it. */
export function Scrollable({ label, className, children }: Props) {
  const styles = useStyles();
  const place = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const watch = new ResizeObserver(() => setWide(element.scrollWidth > element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const reachable = wide ? { tabIndex: 0, role: "group", "aria-label": label } : {};
  return (
    <div ref={place} className={mergeClasses(styles.root, className)} {...reachable}>
      {children}
    </div>
  );
}
