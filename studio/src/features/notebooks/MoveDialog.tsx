import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Entry } from "@/api/files";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { isIn, join, parentOf } from "@/features/notebooks/paths";
import { FileTree } from "@/features/notebooks/tree/FileTree";
import { useTree } from "@/features/notebooks/tree/useTree";
import type { FileActions } from "@/features/notebooks/useFileActions";

const useStyles = makeStyles({
  content: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  top: { alignSelf: "flex-start" },
  tree: {
    height: "min(320px, 40vh)",
    display: "flex",
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    paddingBlock: tokens.spacingVerticalXS,
  },
});

interface Props {
  readonly entry: Entry;
  readonly actions: FileActions;
}

/** Asks for the folder that something is moved into. */
export function MoveDialog({ entry, actions }: Props) {
  const { t } = useTranslation(["notebooks", "common"]);
  const styles = useStyles();
  const here = parentOf(entry.path);
  const tree = useTree(usePlace(), here, true);
  const [folder, setFolder] = useState(here);
  const [error, setError] = useState<unknown>(null);
  const impossible = folder === here || isIn(folder, entry.path);
  const submit = async () => {
    try {
      await actions.move(entry.path, join(folder, entry.name));
      actions.answered();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog open onOpenChange={() => actions.answered()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("move.title", { name: entry.name })}</DialogTitle>
          <DialogContent className={styles.content}>
            {error !== null && <ErrorMessage error={error} />}
            <Text>{t("move.into", { folder: folder || t("top") })}</Text>
            {folder !== "" && (
              <Button appearance="subtle" className={styles.top} onClick={() => setFolder("")}>
                {t("move.top")}
              </Button>
            )}
            <div className={styles.tree}>
              <FileTree
                tree={tree}
                label={t("move.folders")}
                selected={folder}
                choose={({ path }) => setFolder(path)}
              />
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={() => actions.answered()}>{t("common:cancel")}</Button>
            <Button appearance="primary" disabled={impossible} onClick={() => void submit()}>
              {t("move.done")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
