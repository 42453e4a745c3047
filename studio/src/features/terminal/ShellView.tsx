import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import "@xterm/xterm/css/xterm.css";
import { onHealed } from "@/api/connection";
import { useDark, useTheme } from "@/app/theme";
import { useTell } from "@/app/toasts";
import { LineNotice } from "@/features/terminal/LineNotice";
import type { LineState } from "@/features/terminal/line";
import { coloursOf, fontPixels, fontSize, screenReader } from "@/features/terminal/options";
import { Shell } from "@/features/terminal/shell";
import { nameOf } from "@/features/terminal/useShells";
import { useRemembered } from "@/lib/remembered";

const useStyles = makeStyles({
  root: { position: "absolute", inset: 0 },
  // It keeps its size, so that its shell need not be told another one.
  away: { visibility: "hidden" },
  host: {
    position: "absolute",
    top: tokens.spacingVerticalXS,
    bottom: 0,
    insetInlineStart: tokens.spacingHorizontalM,
    insetInlineEnd: tokens.spacingHorizontalXXS,
    overflow: "hidden",
  },
  hint: { display: "none" },
});

/** Fluent UI takes the Tab key before anybody else, unless it is told not to. */
const TAB_IS_THE_SHELLS = JSON.stringify({ focusable: { ignoreKeydown: { Tab: true } } });

interface Props {
  readonly origin: string;
  /** The instance's name. */
  readonly instance: string;
  readonly number: number;
  readonly fresh: boolean;
  readonly running: boolean;
  readonly shown: boolean;
  /** The shell, once there is one; null when it is gone. */
  readonly hold: (number: number, shell: Shell | null) => void;
  readonly leave: () => void;
}

/** One shell, drawn over all of its place. */
export function ShellView(props: Props) {
  const { instance, number, running, shown } = props;
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  const host = useRef<HTMLDivElement>(null);
  const hint = useId();
  const { shell, state } = useShell(props, host);
  useDress(shell);
  useRunning(shell, running);
  useEffect(() => {
    if (shown) shell?.terminal.focus();
  }, [shell, shown]);
  useEffect(() => {
    const input = shell?.terminal.textarea;
    input?.setAttribute("aria-label", t("input", { number, name: instance }));
    input?.setAttribute("aria-describedby", hint);
  }, [shell, t, number, instance, hint]);
  return (
    <div className={mergeClasses(styles.root, !shown && styles.away)} data-shell={number}>
      <div ref={host} className={styles.host} data-tabster={TAB_IS_THE_SHELLS} />
      <span id={hint} className={styles.hint}>
        {t("leave")}
      </span>
      {shell && shown && (
        <LineNotice
          state={state}
          name={instance}
          connect={() => {
            shell.line.connect();
            shell.terminal.focus();
          }}
          hurry={() => shell.line.hurry()}
        />
      )}
    </div>
  );
}

function useShell(
  { origin, number, fresh, hold, leave }: Props,
  host: React.RefObject<HTMLDivElement | null>,
) {
  const { t } = useTranslation("terminal");
  const tell = useTell();
  const [shell, setShell] = useState<Shell | null>(null);
  const [state, setState] = useState<LineState>({ is: "off" });
  const first = useRef({ fresh }).current;
  useEffect(() => {
    const place = host.current;
    if (!place) return;
    const made = new Shell({ origin, name: nameOf(number), mayExist: !first.fresh });
    made.listen(setState);
    made.attach(place);
    const observer = new ResizeObserver(() => requestAnimationFrame(() => made.fit()));
    observer.observe(place);
    setShell(made);
    hold(number, made);
    return () => {
      observer.disconnect();
      made.dispose();
      setShell(null);
      hold(number, null);
    };
  }, [origin, number, first, hold, host]);
  useEffect(() => {
    if (!shell) return;
    shell.leave = leave;
    shell.copyFailed = (error) => tell.failed(t("copyFailed"), error);
  }, [shell, leave, tell, t]);
  return { shell, state };
}

/** The theme, the size of the letters, and words for a screen reader. */
function useDress(shell: Shell | null): void {
  const theme = useTheme();
  const dark = useDark();
  const size = fontPixels(useRemembered(fontSize));
  const reader = useRemembered(screenReader) === "on";
  useEffect(() => {
    shell?.dress({
      theme: coloursOf(theme, dark),
      fontFamily: theme.fontFamilyMonospace,
      fontSize: size,
      screenReaderMode: reader,
    });
  }, [shell, theme, dark, size, reader]);
}

/** Have a line while the instance runs, and try at once when the network is back. */
function useRunning(shell: Shell | null, running: boolean): void {
  useEffect(() => {
    if (!shell || !running) return;
    const { line } = shell;
    line.connect();
    const hurry = () => line.hurry();
    const stop = onHealed(hurry);
    addEventListener("online", hurry);
    return () => {
      stop();
      removeEventListener("online", hurry);
      line.close();
      // A machine that is started again has none of its shells any more.
      line.forget();
    };
  }, [shell, running]);
}
