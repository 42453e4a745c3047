import {
  MessageBar,
  MessageBarBody,
  makeStyles,
  Spinner,
  tokens,
} from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useConnection } from "@/api/connection";

const useStyles = makeStyles({
  // Over the page, so that nothing below it moves.
  bar: {
    position: "fixed",
    insetInline: 0,
    top: 0,
    zIndex: 10,
    display: "flex",
    justifyContent: "center",
    padding: tokens.spacingVerticalS,
    pointerEvents: "none",
  },
  message: { boxShadow: tokens.shadow8, width: "auto", pointerEvents: "auto" },
});

/** Says that Studiolo does not answer; goes away by itself when it does. */
export function ConnectionBar() {
  const { lost } = useConnection();
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.bar} role="status">
      {lost && (
        <MessageBar
          intent="warning"
          className={styles.message}
          icon={<Spinner size="extra-tiny" aria-hidden />}
        >
          <MessageBarBody>{t("connectionLost")}</MessageBarBody>
        </MessageBar>
      )}
    </div>
  );
}
