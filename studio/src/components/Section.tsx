import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { type ReactNode, useId } from "react";

const useStyles = makeStyles({
  root: { marginBottom: tokens.spacingVerticalXXXL, maxWidth: "880px" },
  title: { margin: 0, marginBottom: tokens.spacingVerticalXS },
  text: {
    display: "block",
    color: tokens.colorNeutralForeground2,
    marginBottom: tokens.spacingVerticalM,
  },
});

interface Props {
  readonly title: string;
  readonly text?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page with a heading of its own. */
export function Section({ title, text, children }: Props) {
  const styles = useStyles();
  const id = useId();
  return (
    <section className={styles.root} aria-labelledby={id}>
      <Text as="h2" id={id} size={500} weight="semibold" className={styles.title} block>
        {title}
      </Text>
      {text && <Text className={styles.text}>{text}</Text>}
      {children}
    </section>
  );
}
