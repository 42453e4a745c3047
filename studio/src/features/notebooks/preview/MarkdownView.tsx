import { makeStyles, tokens } from "@fluentui/react-components";
import { useMemo } from "react";
import { markdownOf } from "@/features/notebooks/preview/markdown";
import { SafeHtml } from "@/features/notebooks/preview/SafeHtml";

const useStyles = makeStyles({
  root: {
    height: "100%",
    boxSizing: "border-box",
    overflowY: "auto",
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXL}`,
  },
  text: { maxWidth: "80ch" },
});

interface Props {
  readonly text: string;
  readonly path: string;
}

/** A Markdown file as it reads. */
export function MarkdownView({ text, path }: Props) {
  const styles = useStyles();
  const content = useMemo(() => markdownOf(text), [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <div className={styles.root} tabIndex={0} role="document" aria-label={path}>
      <div className={styles.text}>
        <SafeHtml content={content} label={path} />
      </div>
    </div>
  );
}
