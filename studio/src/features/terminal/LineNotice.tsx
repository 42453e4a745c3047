import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorMessage } from "@/components/ErrorMessage";
import type { LineState } from "@/features/terminal/line";

const SHOWN_MS = 4000;

const useStyles = makeStyles({
  root: {
    position: "absolute",
    zIndex: 2,
    top: tokens.spacingVerticalS,
    insetInlineEnd: tokens.spacingHorizontalL,
    maxWidth: `calc(100% - 2 * ${tokens.spacingHorizontalL})`,
    boxShadow: tokens.shadow8,
    borderRadius: tokens.borderRadiusMedium,
  },
  // What takes a moment only should not flash.
  late: {
    animationName: { from: { opacity: 0 }, to: { opacity: 1 } },
    animationDelay: "500ms",
    animationDuration: "200ms",
    animationFillMode: "both",
  },
});

interface Props {
  readonly state: LineState;
  /** The instance's name. */
  readonly name: string;
  readonly connect: () => void;
  readonly hurry: () => void;
}

/** How it is with the line to the shell, over its terminal; nothing while all is well. */
export function LineNotice({ state, name, connect, hurry }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  return (
    <div
      className={mergeClasses(styles.root, state.is === "connecting" && styles.late)}
      role="status"
    >
      {state.is === "connecting" && (
        <Said
          text={t(state.failures > 0 ? "line.lost" : "line.connecting", { name })}
          {...(state.failures > 0 && { verb: t("line.now"), act: hurry })}
        />
      )}
      {state.is === "open" && state.again && <Briefly text={t("line.again")} />}
      {state.is === "ended" && (
        <Said text={t("line.ended")} verb={t("line.another")} act={connect} />
      )}
      {state.is === "refused" && <ErrorMessage error={state.error} retry={connect} />}
    </div>
  );
}

interface SaidProps {
  readonly text: string;
  readonly verb?: string;
  readonly act?: () => void;
}

function Said({ text, verb, act }: SaidProps) {
  return (
    <MessageBar intent={act ? "warning" : "info"} politeness="polite">
      <MessageBarBody>{text}</MessageBarBody>
      {act && (
        <MessageBarActions>
          <Button size="small" onClick={act}>
            {verb}
          </Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

function Briefly({ text }: { readonly text: string }) {
  const [shown, setShown] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setShown(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <MessageBar intent="success">
      <MessageBarBody>{text}</MessageBarBody>
    </MessageBar>
  );
}
