import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { type ReactNode, useEffect } from "react";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalL,
  },
  words: { flexGrow: 1, minWidth: 0 },
  title: { margin: 0, overflowWrap: "anywhere" },
  text: { color: tokens.colorNeutralForeground2, display: "block" },
});

interface Props {
  readonly title: string;
  readonly text?: ReactNode;
  /** Buttons, at the end of the line. */
  readonly children?: ReactNode;
}

/** The page's heading; the window is called so too. */
export function PageHeader({ title, text, children }: Props) {
  const styles = useStyles();
  useEffect(() => {
    document.title = `${title} – Studiolo`;
  }, [title]);
  return (
    <div className={styles.root}>
      <div className={styles.words}>
        <Text as="h1" size={600} weight="semibold" className={styles.title} block>
          {title}
        </Text>
        {text && <Text className={styles.text}>{text}</Text>}
      </div>
      {children}
    </div>
  );
}
