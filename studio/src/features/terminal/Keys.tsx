import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Key } from "@/features/terminal/shell";
import { NARROW } from "@/lib/screen";

const KEYS: readonly (readonly [key: Key, text: string])[] = [
  ["escape", "Esc"],
  ["tab", "Tab"],
  ["interrupt", "Ctrl+C"],
  ["up", "↑"],
  ["down", "↓"],
];

const useStyles = makeStyles({
  root: {
    display: "none",
    [NARROW]: {
      display: "flex",
      gap: tokens.spacingHorizontalXS,
      padding: tokens.spacingHorizontalXS,
      borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    },
  },
  key: { minWidth: 0, flexGrow: 1 },
});

/** Keys that the keyboard of a telephone lacks. */
export function Keys({ press }: { readonly press: (key: Key) => void }) {
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  return (
    <div className={styles.root} role="group" aria-label={t("keys.label")}>
      {KEYS.map(([key, text]) => (
        <Button
          key={key}
          size="small"
          className={styles.key}
          aria-label={t(`keys.${key}`)}
          // The terminal keeps the focus, and so the keyboard stays up.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => press(key)}
        >
          {text}
        </Button>
      ))}
    </div>
  );
}
