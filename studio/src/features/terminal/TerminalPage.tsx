import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { AddRegular, WindowConsoleRegular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { accepts, type Instance } from "@/api/computes";
import { Empty } from "@/components/Empty";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { StateBadge } from "@/features/compute/StateBadge";
import { Picker, StartButton } from "@/features/notebooks/notebook/ComputeBar";
import { CreateDialog } from "@/features/notebooks/notebook/CreateDialog";
import { originOf } from "@/features/notebooks/notebook/usePickedCompute";
import { useInstanceWords } from "@/features/terminal/InstanceNotice";
import { Terminals } from "@/features/terminal/Terminals";
import { type TerminalCompute, useTerminalCompute } from "@/features/terminal/useTerminalCompute";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  // The whole of the page's space, without the padding that other pages have.
  root: {
    height: `calc(100% + 2 * ${tokens.spacingVerticalXL})`,
    marginBlock: `calc(-1 * ${tokens.spacingVerticalXL})`,
    marginInline: `calc(-1 * ${tokens.spacingHorizontalXXL})`,
    display: "flex",
    flexDirection: "column",
    [NARROW]: {
      height: `calc(100% + 2 * ${tokens.spacingVerticalL})`,
      marginBlock: `calc(-1 * ${tokens.spacingVerticalL})`,
      marginInline: `calc(-1 * ${tokens.spacingHorizontalL})`,
    },
  },
  bar: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    minHeight: "44px",
    flexShrink: 0,
    paddingInline: tokens.spacingHorizontalM,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  title: { margin: 0, marginInlineEnd: tokens.spacingHorizontalS },
  failed: { padding: tokens.spacingHorizontalM },
});

/** States in which the gateway lets somebody in. */
const OPEN = new Set(["Running", "Unknown", "Resizing"]);

/** Shells on an instance of the person's own. */
export function Page() {
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  const compute = useTerminalCompute();
  const [creating, setCreating] = useState(false);
  const { mine, picked } = compute;
  const name = picked?.name;
  useEffect(() => {
    document.title = [name, t("title"), "Studiolo"].filter(Boolean).join(" – ");
  }, [name, t]);
  const create = () => setCreating(true);
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        <Text as="h1" size={400} weight="semibold" className={styles.title}>
          {t("title")}
        </Text>
        {mine && mine.length > 0 && <Picker compute={compute} mine={mine} create={create} />}
        {picked && <StateBadge state={picked.state} />}
      </div>
      <Content compute={compute} create={create} />
      {creating && <CreateDialog created={compute.pick} close={() => setCreating(false)} />}
    </div>
  );
}

interface ContentProps {
  readonly compute: TerminalCompute;
  readonly create: () => void;
}

function Content({ compute, create }: ContentProps) {
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  const { mine, picked, missing, error } = compute;
  if (error) {
    return (
      <div className={styles.failed}>
        <ErrorMessage error={error} />
      </div>
    );
  }
  if (!mine) return <Loading />;
  if (picked) return <Opened key={picked.id} instance={picked} />;
  const title = missing ? t("missing.title", { name: missing }) : t("none.title");
  return (
    <Empty
      icon={<WindowConsoleRegular />}
      title={title}
      text={t(missing ? "missing.text" : "none.text")}
    >
      <Button appearance="primary" icon={<AddRegular />} onClick={create}>
        {t("create")}
      </Button>
    </Empty>
  );
}

/** The instance's shells; as long as it has not run while the page is open, why there are none. */
function Opened({ instance }: { readonly instance: Instance }) {
  const running = OPEN.has(instance.state);
  const [seen, setSeen] = useState(running);
  if (running && !seen) setSeen(true);
  const origin = originOf(instance);
  if (origin && seen) return <Terminals {...{ instance, origin, running }} />;
  return <Asleep instance={instance} />;
}

function Asleep({ instance }: { readonly instance: Instance }) {
  const { t } = useTranslation("terminal");
  const words = useInstanceWords();
  return (
    <Empty
      icon={<WindowConsoleRegular />}
      title={t("asleep", { name: instance.name })}
      text={words(instance)}
    >
      {accepts(instance, "start") && <StartButton instance={instance} />}
    </Empty>
  );
}
