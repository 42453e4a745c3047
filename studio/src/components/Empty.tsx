import { makeStyles, Text, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    textAlign: "center",
    gap: tokens.spacingVerticalM,
    padding: `${tokens.spacingVerticalXXXL} ${tokens.spacingHorizontalL}`,
  },
  icon: { fontSize: "48px", color: tokens.colorBrandForeground1, lineHeight: 1 },
  text: { maxWidth: "46ch", textAlign: "center", color: tokens.colorNeutralForeground2 },
});

interface Props {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text?: string;
  /** What to do about it. */
  readonly children?: ReactNode;
}

/** In the place of a list that has nothing in it yet. */
export function Empty({ icon, title, text, children }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <span className={styles.icon} aria-hidden>
        {icon}
      </span>
      <Text as="h2" size={500} weight="semibold" style={{ margin: 0 }}>
        {title}
      </Text>
      {text && <Text className={styles.text}>{text}</Text>}
      {children}
    </div>
  );
}
