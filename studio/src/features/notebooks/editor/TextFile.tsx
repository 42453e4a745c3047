import {
  Button,
  makeStyles,
  mergeClasses,
  Text,
  ToggleButton,
  tokens,
} from "@fluentui/react-components";
import { EyeRegular, SaveRegular, TableRegular } from "@fluentui/react-icons";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Entry } from "@/api/files";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import type { EditorHandle } from "@/features/notebooks/editor/CodeEditor";
import { ConflictDialog } from "@/features/notebooks/editor/ConflictDialog";
import { useTextDocument } from "@/features/notebooks/editor/useTextDocument";
import { DownloadOffer } from "@/features/notebooks/open/DownloadOffer";
import { FileBar } from "@/features/notebooks/open/FileBar";
import { extensionOf, nameOf } from "@/features/notebooks/paths";
import type { FileActions } from "@/features/notebooks/useFileActions";

const CodeEditor = lazy(async () => ({
  default: (await import("@/features/notebooks/editor/CodeEditor")).CodeEditor,
}));
const MarkdownView = lazy(async () => ({
  default: (await import("@/features/notebooks/preview/MarkdownView")).MarkdownView,
}));
const TableView = lazy(async () => ({
  default: (await import("@/features/notebooks/open/TableView")).TableView,
}));

const useStyles = makeStyles({
  body: { flexGrow: 1, minHeight: 0, position: "relative" },
  layer: { position: "absolute", inset: 0 },
  // It keeps its size, its place and what was typed while the preview is over it.
  under: { visibility: "hidden" },
  message: { padding: tokens.spacingHorizontalM },
  state: { color: tokens.colorNeutralForeground3, whiteSpace: "nowrap" },
});

interface Props {
  readonly id: number;
  readonly path: string;
  readonly entry: Entry;
  readonly actions: FileActions;
  readonly active: boolean;
  readonly onDirty: (dirty: boolean) => void;
}

/** A text file: edited, saved, and Markdown and tables also looked at. */
export function TextFile({ id, path, entry, actions, active, onDirty }: Props) {
  const styles = useStyles();
  const { t } = useTranslation(["notebooks", "common"]);
  const document = useTextDocument(id, path);
  const editor = useRef<EditorHandle>(null);
  const [dirty, setDirty] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const { loaded } = document;
  const tellDirty = (next: boolean) => {
    setDirty(next);
    onDirty(next);
  };
  const withText = (what: (snapshot: ReturnType<EditorHandle["snapshot"]>) => unknown) => {
    if (editor.current) what(editor.current.snapshot());
  };
  const save = () => dirty && !document.saving && withText(document.save);
  useSaveKey(active, save);
  const reload = async () => {
    await document.reload();
    tellDirty(false);
  };
  if (document.error) {
    return (
      <div className={styles.message}>
        <ErrorMessage error={document.error} retry={document.retry} />
      </div>
    );
  }
  if (!loaded) return <Loading />;
  if (loaded.text === null) {
    return <DownloadOffer entry={entry} actions={actions} text={t("other.notText")} />;
  }
  const View = VIEWS[extensionOf(path)];
  return (
    <>
      <FileBar path={path}>
        <Text size={200} className={styles.state} role="status">
          {document.saving ? t("save.saving") : dirty ? t("save.unsaved") : ""}
        </Text>
        {View && (
          <ToggleButton
            size="small"
            appearance="subtle"
            icon={View === TableView ? <TableRegular /> : <EyeRegular />}
            checked={shown !== null}
            onClick={() =>
              shown === null ? withText(({ text }) => setShown(text)) : setShown(null)
            }
          >
            {t(View === TableView ? "editor.table" : "editor.preview")}
          </ToggleButton>
        )}
        <Button
          size="small"
          appearance="subtle"
          icon={<SaveRegular />}
          disabled={!dirty || document.saving}
          onClick={save}
        >
          {t("common:save")}
        </Button>
      </FileBar>
      <div className={styles.body}>
        <Suspense fallback={<Loading />}>
          <div className={mergeClasses(styles.layer, shown !== null && styles.under)}>
            <CodeEditor
              key={loaded.reading}
              ref={editor}
              text={loaded.text}
              name={nameOf(path)}
              onDirty={tellDirty}
            />
          </div>
          {View && shown !== null && (
            <div className={styles.layer}>
              <View text={shown} path={path} />
            </div>
          )}
        </Suspense>
      </div>
      {document.conflict && (
        <ConflictDialog
          name={nameOf(path)}
          overwrite={() => withText(document.overwrite)}
          reload={() => void reload()}
          keepEditing={document.keepEditing}
        />
      )}
    </>
  );
}

const VIEWS: Readonly<Record<string, typeof MarkdownView | typeof TableView>> = {
  md: MarkdownView,
  csv: TableView,
  tsv: TableView,
};

/** Ctrl+S saves what is in sight, wherever the focus is. */
function useSaveKey(active: boolean, save: () => unknown): void {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    if (!active) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
      event.preventDefault();
      latest.current();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [active]);
}
