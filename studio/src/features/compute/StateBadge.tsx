import { makeStyles, mergeClasses, Spinner, tokens } from "@fluentui/react-components";
import {
  CheckmarkCircleFilled,
  ErrorCircleFilled,
  QuestionCircleFilled,
  RecordStopFilled,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";

const useStyles = makeStyles({
  root: { display: "inline-flex", alignItems: "center", gap: "6px", whiteSpace: "nowrap" },
  icon: { fontSize: "16px", display: "inline-flex", width: "16px", height: "16px" },
  running: { color: tokens.colorStatusSuccessForeground1 },
  stopped: { color: tokens.colorNeutralForeground3 },
  failed: { color: tokens.colorStatusDangerForeground1 },
  unknown: { color: tokens.colorStatusWarningForeground1 },
});

/** The state's word in the person's language; one that we do not know yet, as it is served. */
export function useStateWord(): (state: string) => string {
  const { t } = useTranslation("compute");
  return (state) => t(`states.${state}`, { defaultValue: state });
}

function Icon({ state }: { readonly state: string }) {
  const styles = useStyles();
  switch (state) {
    case "Running":
      return <CheckmarkCircleFilled className={styles.running} />;
    case "Stopped":
      return <RecordStopFilled className={styles.stopped} />;
    case "CreateFailed":
    case "SetupFailed":
    case "Unusable":
      return <ErrorCircleFilled className={styles.failed} />;
    case "Unknown":
      return <QuestionCircleFilled className={styles.unknown} />;
    default:
      return <Spinner size="extra-tiny" />;
  }
}

/** An instance's state: a sign and a word. */
export function StateBadge({ state, className }: { state: string; className?: string }) {
  const styles = useStyles();
  const word = useStateWord();
  return (
    <span className={mergeClasses(styles.root, className)}>
      <span className={styles.icon} aria-hidden>
        <Icon state={state} />
      </span>
      {word(state)}
    </span>
  );
}
