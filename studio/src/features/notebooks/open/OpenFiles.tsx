import { Button, makeStyles, tokens } from "@fluentui/react-components";
import {
  ArrowUploadRegular,
  DocumentSearchRegular,
  NotebookAddRegular,
  NotebookRegular,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useConfirm } from "@/app/Dialogs";
import { usePlace } from "@/app/where";
import { Empty } from "@/components/Empty";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { OpenFile } from "@/features/notebooks/open/OpenFile";
import { TabStrip } from "@/features/notebooks/open/TabStrip";
import { addressOf, nameOf, parentOf } from "@/features/notebooks/paths";
import type { Found } from "@/features/notebooks/useEntry";
import type { FileActions } from "@/features/notebooks/useFileActions";
import type { Tab, Tabs } from "@/features/notebooks/useTabs";

const useStyles = makeStyles({
  panel: { minHeight: 0, flexGrow: 1, display: "flex", flexDirection: "column" },
  hidden: { display: "none" },
  // For those who hear the page.
  unseen: { position: "absolute", width: "1px", height: "1px", overflow: "hidden", margin: 0 },
  message: { padding: tokens.spacingHorizontalL },
});

interface Props {
  readonly tabs: Tabs;
  readonly actions: FileActions;
  readonly path: string;
  readonly found: Found;
  readonly home: string;
  /** Whether the page's own heading is out of sight. */
  readonly alone: boolean;
}

/** The open files: the one of the address in sight, the others as they were left. */
export function OpenFiles({ tabs, actions, path, found, home, alone }: Props) {
  const styles = useStyles();
  const close = useClosing(tabs, path);
  const current = tabs.all.find((each) => each.path === path);
  return (
    <>
      {alone && current && <h1 className={styles.unseen}>{nameOf(path)}</h1>}
      <TabStrip tabs={tabs} path={path} close={(tab) => void close(tab)} />
      {tabs.all.map((tab) => (
        <section
          key={tab.id}
          aria-label={nameOf(tab.path)}
          className={tab === current ? styles.panel : styles.hidden}
        >
          <OpenFile tab={tab} active={tab === current} setDirty={tabs.setDirty} actions={actions} />
        </section>
      ))}
      {!current && <Nothing {...{ found, actions, home, path }} />}
    </>
  );
}

/** Close a tab and go on to its neighbour, after asking where changes would be lost. */
function useClosing(tabs: Tabs, path: string) {
  const place = usePlace();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const { t } = useTranslation("notebooks");
  return async (tab: Tab) => {
    const name = nameOf(tab.path);
    const question = { title: t("discard.title", { name }), text: t("discard.text") };
    if (tabs.dirty.has(tab.id) && !(await confirm({ ...question, verb: t("discard.verb") }))) {
      return;
    }
    const at = tabs.all.indexOf(tab);
    const neighbour = tabs.all[at + 1] ?? tabs.all[at - 1];
    tabs.close(tab.id);
    if (tab.path === path) await navigate(addressOf(place, neighbour?.path ?? parentOf(path)));
  };
}

type NothingProps = Pick<Props, "found" | "actions" | "home" | "path">;

/** In the place of a file while none is open. */
function Nothing({ found, actions, home, path }: NothingProps) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const place = usePlace();
  const navigate = useNavigate();
  if (found.is === "loading") return <Loading />;
  if (found.is === "failed") {
    return (
      <div className={styles.message}>
        <ErrorMessage error={found.error} retry={found.retry} />
      </div>
    );
  }
  if (found.is === "missing") {
    return (
      <Empty
        icon={<DocumentSearchRegular />}
        title={t("missing.title", { name: nameOf(path) })}
        text={t("missing.text")}
      >
        <Button onClick={() => navigate(addressOf(place, ""))}>{t("missing.verb")}</Button>
      </Empty>
    );
  }
  // A file whose tab is about to be there.
  if (found.is === "there" && found.entry.type !== "directory") return <Loading />;
  const folder = found.is === "there" ? found.entry.path : home;
  return (
    <Empty icon={<NotebookRegular />} title={t("none.title")} text={t("none.text")}>
      <Button
        appearance="primary"
        icon={<NotebookAddRegular />}
        onClick={() => actions.askNew("notebook", folder)}
      >
        {t("new.notebook")}
      </Button>
      <Button icon={<ArrowUploadRegular />} onClick={() => actions.askUpload(folder)}>
        {t("upload.files")}
      </Button>
    </Empty>
  );
}
