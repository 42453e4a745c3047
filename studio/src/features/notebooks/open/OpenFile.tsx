import { MessageBar, MessageBarBody, makeStyles, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Entry } from "@/api/files";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { TextFile } from "@/features/notebooks/editor/TextFile";
import { kindOf } from "@/features/notebooks/kinds";
import { NotebookFile } from "@/features/notebooks/notebook/NotebookFile";
import { DownloadOffer } from "@/features/notebooks/open/DownloadOffer";
import { ImageFile } from "@/features/notebooks/open/ImageFile";
import { useEntry } from "@/features/notebooks/useEntry";
import type { FileActions } from "@/features/notebooks/useFileActions";
import type { Tab } from "@/features/notebooks/useTabs";

const useStyles = makeStyles({
  message: { padding: tokens.spacingHorizontalM },
});

interface Props {
  readonly tab: Tab;
  /** Whether it is in sight. */
  readonly active: boolean;
  readonly setDirty: (id: number, dirty: boolean) => void;
  readonly actions: FileActions;
}

/** One open file, shown as what it is. */
export function OpenFile({ tab, active, setDirty, actions }: Props) {
  const found = useEntry(tab.path);
  const entry = useLastKnown(found.is === "there" ? found.entry : null, tab.path);
  // A tab that is there from an earlier visit is read when it is first looked at.
  const [seen, setSeen] = useState(active);
  if (active && !seen) setSeen(true);
  if (!seen) return null;
  if (!entry) {
    if (found.is === "failed") return <ErrorMessage error={found.error} retry={found.retry} />;
    return found.is === "loading" ? <Loading /> : <Gone />;
  }
  return (
    <>
      {found.is === "missing" && <Gone />}
      <Viewer {...{ tab, active, setDirty, actions, entry }} />
    </>
  );
}

function Viewer({ tab, active, setDirty, actions, entry }: Props & { readonly entry: Entry }) {
  const { t } = useTranslation("notebooks");
  const common = { path: tab.path, entry, actions };
  switch (kindOf(entry)) {
    case "notebook":
      return <NotebookFile path={tab.path} entry={entry} />;
    case "image":
      return <ImageFile {...common} />;
    case "text":
      return (
        <TextFile
          {...common}
          id={tab.id}
          active={active}
          onDirty={(dirty) => setDirty(tab.id, dirty)}
        />
      );
    case "tooLarge":
      return <DownloadOffer entry={entry} actions={actions} text={t("other.tooLarge")} />;
    case "other":
      return <DownloadOffer entry={entry} actions={actions} text={t("other.notAFile")} />;
  }
}

function Gone() {
  const { t } = useTranslation("notebooks");
  return (
    <div className={useStyles().message}>
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>{t("gone")}</MessageBarBody>
      </MessageBar>
    </div>
  );
}

/**
 * What was last known of the file at a path. Text in an editor stays when its file goes, and when
 * it has another name that the list does not have yet.
 */
function useLastKnown(entry: Entry | null, path: string): Entry | null {
  const [known, setKnown] = useState(entry);
  if (entry && entry !== known) setKnown(entry);
  if (!entry && known && known.path !== path) {
    return { ...known, path, name: path.slice(path.lastIndexOf("/") + 1) };
  }
  return entry ?? known;
}
