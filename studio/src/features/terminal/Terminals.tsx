import { makeStyles, tokens } from "@fluentui/react-components";
import { useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Instance } from "@/api/computes";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { InstanceNotice } from "@/features/terminal/InstanceNotice";
import { Keys } from "@/features/terminal/Keys";
import { OptionsMenu } from "@/features/terminal/OptionsMenu";
import { ShellTabs } from "@/features/terminal/ShellTabs";
import { ShellView } from "@/features/terminal/ShellView";
import type { Shell } from "@/features/terminal/shell";
import { type Shells, useShells } from "@/features/terminal/useShells";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", flexGrow: 1, minHeight: 0 },
  top: {
    display: "flex",
    alignItems: "center",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    paddingInlineEnd: tokens.spacingHorizontalS,
  },
  tabs: { flexGrow: 1, minWidth: 0 },
  body: { position: "relative", flexGrow: 1, minHeight: 0 },
});

interface Props {
  readonly instance: Instance;
  readonly origin: string;
  readonly running: boolean;
}

/** The shells of one instance. */
export function Terminals({ instance, origin, running }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  const tell = useTell();
  const shells = useShells(instance.id);
  const top = useRef<HTMLDivElement>(null);
  const held = useRef(new Map<number, Shell>());
  const hold = useCallback((number: number, shell: Shell | null) => {
    if (shell) held.current.set(number, shell);
    else held.current.delete(number);
  }, []);
  const leave = useCallback(() => {
    top.current?.querySelector<HTMLElement>("[aria-current]")?.focus();
  }, []);
  const close = useClose(shells, held.current);
  const shell = () => held.current.get(shells.current);
  const paste = () =>
    shell()
      ?.paste()
      .catch((error) => tell.failed(t("pasteFailed"), error));
  return (
    <div className={styles.root}>
      <div ref={top} className={styles.top}>
        <div className={styles.tabs}>
          <ShellTabs shells={shells} close={(number) => void close(number)} />
        </div>
        <OptionsMenu copy={() => void shell()?.copy()} paste={() => void paste()} />
      </div>
      {!running && <InstanceNotice instance={instance} />}
      <div className={styles.body}>
        {shells.numbers.map((number) => (
          <ShellView
            key={number}
            {...{ origin, number, running, hold, leave }}
            instance={instance.name}
            fresh={shells.fresh.has(number)}
            shown={number === shells.current}
          />
        ))}
      </div>
      <Keys press={(key) => shell()?.press(key)} />
    </div>
  );
}

/** Closes a terminal together with its shell, or tells that a program would not let it. */
function useClose(shells: Shells, held: ReadonlyMap<number, Shell>) {
  const { t } = useTranslation("terminal");
  const confirm = useConfirm();
  const tell = useTell();
  return async (number: number) => {
    const shell = held.get(number);
    if (shell?.line.state.is === "open") {
      const question = {
        title: t("close.title", { number }),
        text: t("close.text"),
        verb: t("close.verb"),
      };
      if (!(await confirm(question))) return;
      if (!(await shell.end())) {
        tell.failed(t("close.failed", { number }), new Error(t("close.why")));
        return;
      }
    }
    shells.remove(number);
    // There is always one: where it was the last, it is the same one anew.
    const last = number === 1 && shells.numbers.length === 1;
    if (last && shell?.line.state.is === "ended") shell.line.connect();
  };
}
