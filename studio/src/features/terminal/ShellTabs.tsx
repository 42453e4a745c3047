import { Button, makeStyles, mergeClasses, shorthands, tokens } from "@fluentui/react-components";
import { AddRegular, DismissRegular, WindowConsoleRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import type { Shells } from "@/features/terminal/useShells";

const useStyles = makeStyles({
  root: {
    display: "flex",
    alignItems: "center",
    flexShrink: 0,
    minHeight: "36px",
  },
  list: {
    display: "flex",
    overflowX: "auto",
    scrollbarWidth: "thin",
    listStyleType: "none",
    margin: 0,
    padding: 0,
    minWidth: 0,
  },
  item: {
    display: "flex",
    alignItems: "center",
    flexShrink: 0,
    paddingInlineEnd: tokens.spacingHorizontalXS,
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground2,
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  current: {
    color: tokens.colorNeutralForeground1,
    boxShadow: `inset 0 -2px 0 ${tokens.colorCompoundBrandStroke}`,
  },
  show: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    minHeight: "36px",
    paddingInline: tokens.spacingHorizontalM,
    paddingBlock: 0,
    paddingInlineEnd: tokens.spacingHorizontalXS,
    ...shorthands.borderStyle("none"),
    backgroundColor: "transparent",
    color: "inherit",
    fontFamily: "inherit",
    fontSize: tokens.fontSizeBase300,
    cursor: "pointer",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  icon: { display: "inline-flex", fontSize: "16px" },
});

interface Props {
  readonly shells: Shells;
  readonly close: (number: number) => void;
}

/** The shells that are open, and the way to one more. */
export function ShellTabs({ shells, close }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  return (
    <div className={styles.root} role="group" aria-label={t("shells.label")}>
      <ul className={styles.list}>
        {shells.numbers.map((number) => (
          <li
            key={number}
            className={mergeClasses(styles.item, number === shells.current && styles.current)}
            onAuxClick={(event) => event.button === 1 && close(number)}
          >
            <button
              type="button"
              className={styles.show}
              aria-current={number === shells.current ? "true" : undefined}
              onClick={() => shells.show(number)}
            >
              <span className={styles.icon} aria-hidden>
                <WindowConsoleRegular />
              </span>
              {t("shells.name", { number })}
            </button>
            <Button
              appearance="transparent"
              size="small"
              icon={<DismissRegular />}
              aria-label={t("shells.close", { number })}
              onClick={() => close(number)}
            />
          </li>
        ))}
      </ul>
      <Button
        appearance="subtle"
        size="small"
        icon={<AddRegular />}
        aria-label={t("shells.new")}
        title={t("shells.new")}
        onClick={shells.add}
      />
    </div>
  );
}
