import {
  Button,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Tooltip,
  tokens,
} from "@fluentui/react-components";
import {
  AddRegular,
  ArrowClockwiseRegular,
  ArrowUploadRegular,
  DocumentAddRegular,
  FolderAddRegular,
  NotebookAddRegular,
  PanelLeftContractRegular,
  PanelLeftExpandRegular,
} from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type Entry, filesKey } from "@/api/files";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { PageHeader } from "@/components/PageHeader";
import { addressOf } from "@/features/notebooks/paths";
import { droppedFiles, ownPath } from "@/features/notebooks/tree/dropping";
import { FileTree } from "@/features/notebooks/tree/FileTree";
import { type Opened, TreeMenu } from "@/features/notebooks/tree/TreeMenu";
import type { Tree } from "@/features/notebooks/tree/useTree";
import { UploadPanel } from "@/features/notebooks/uploads/UploadPanel";
import { useUploading } from "@/features/notebooks/uploads/useUploading";
import type { FileActions } from "@/features/notebooks/useFileActions";
import { useNarrow } from "@/lib/screen";

const useStyles = makeStyles({
  head: {
    paddingInline: tokens.spacingHorizontalM,
    paddingTop: tokens.spacingVerticalM,
    // The header's own space below is for pages with more air.
    marginBottom: `calc(-1 * ${tokens.spacingVerticalS})`,
  },
  buttons: { display: "flex" },
  expand: { padding: tokens.spacingHorizontalXS },
  error: { padding: tokens.spacingHorizontalM },
});

interface Props {
  readonly tree: Tree;
  readonly actions: FileActions;
  /** Path of what is open. */
  readonly path: string;
  /** The person's own folder: what is new goes there while no other is chosen. */
  readonly home: string;
  readonly collapsed: boolean;
  readonly setCollapsed: (collapsed: boolean) => void;
}

/** The tree of files, with what can be done to it. */
export function FilesPane(props: Props) {
  const { tree, actions, path } = props;
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const place = usePlace();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const [opened, setOpened] = useState<Opened | null>(null);
  const uploadInto = useUploading();
  const tell = useTell();
  const drop = (folder: string, data: DataTransfer) => {
    const own = ownPath(data);
    if (own) return actions.drag(own, folder);
    droppedFiles(data).then(
      (files) => uploadInto(folder, files),
      (error) => tell.failed(t("upload.failed"), error),
    );
  };
  if (props.collapsed && !narrow) {
    return (
      <div className={styles.expand}>
        <Tooltip content={t("tree.show")} relationship="label">
          <Button
            appearance="subtle"
            icon={<PanelLeftExpandRegular />}
            onClick={() => props.setCollapsed(false)}
          />
        </Tooltip>
      </div>
    );
  }
  return (
    <>
      <div className={styles.head}>
        <PageHeader title={t("title")}>
          <Buttons {...props} narrow={narrow} />
        </PageHeader>
      </div>
      {tree.top.error && !tree.top.entries ? (
        <div className={styles.error}>
          <ErrorMessage error={tree.top.error} />
        </div>
      ) : (
        <FileTree
          tree={tree}
          label={t("tree.label")}
          selected={path}
          choose={(entry) => void (chosen(entry) && navigate(addressOf(place, entry.path)))}
          rename={actions.askRename}
          remove={actions.remove}
          menu={(entry, target) => setOpened({ entry, target })}
          drop={drop}
        />
      )}
      <UploadPanel />
      <TreeMenu opened={opened} close={() => setOpened(null)} actions={actions} />
      <Chooser actions={actions} choose={(folder, files) => void uploadInto(folder, files)} />
    </>
  );
}

/** Files have addresses that are opened; folders open in the tree. */
function chosen(entry: Entry): boolean {
  return entry.type === "file";
}

function Buttons(props: Props & { readonly narrow: boolean }) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const client = useQueryClient();
  const place = usePlace();
  const folder = useFolder(props);
  const { actions } = props;
  return (
    <div className={styles.buttons}>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <MenuButton appearance="primary" size="small" icon={<AddRegular />}>
            {t("new.verb")}
          </MenuButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem
              icon={<NotebookAddRegular />}
              onClick={() => actions.askNew("notebook", folder)}
            >
              {t("new.notebook")}
            </MenuItem>
            <MenuItem icon={<DocumentAddRegular />} onClick={() => actions.askNew("file", folder)}>
              {t("new.file")}
            </MenuItem>
            <MenuItem icon={<FolderAddRegular />} onClick={() => actions.askNew("folder", folder)}>
              {t("new.folder")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Tooltip content={t("upload.verb", { folder: folder || t("top") })} relationship="label">
        <Button
          appearance="subtle"
          icon={<ArrowUploadRegular />}
          onClick={() => actions.askUpload(folder)}
        />
      </Tooltip>
      <Tooltip content={t("tree.refresh")} relationship="label">
        <Button
          appearance="subtle"
          icon={<ArrowClockwiseRegular />}
          onClick={() => void client.invalidateQueries({ queryKey: filesKey(place) })}
        />
      </Tooltip>
      {!props.narrow && (
        <Tooltip content={t("tree.hide")} relationship="label">
          <Button
            appearance="subtle"
            icon={<PanelLeftContractRegular />}
            onClick={() => props.setCollapsed(true)}
          />
        </Tooltip>
      )}
    </div>
  );
}

/** Where something new goes: the folder of the active row, or else the person's own. */
function useFolder({ tree, home }: Props): string {
  const row = tree.rows.find((each) => each.key === tree.active);
  if (!row) return home;
  if (row.kind === "note") return row.folder;
  const { path, type, name } = row.entry;
  return type === "directory" ? path : path.slice(0, Math.max(0, path.length - name.length - 1));
}

interface ChooserProps {
  readonly actions: FileActions;
  readonly choose: (folder: string, files: { file: File; path: string }[]) => void;
}

/** The browser's own dialog for choosing files. */
function Chooser({ actions, choose }: ChooserProps) {
  const input = useRef<HTMLInputElement>(null);
  const folder = useRef("");
  const { picker } = actions;
  useEffect(() => {
    picker.current = (into) => {
      folder.current = into;
      input.current?.click();
    };
  }, [picker]);
  return (
    <input
      ref={input}
      type="file"
      multiple
      hidden
      data-testid="chooser"
      onChange={({ target }) => {
        choose(
          folder.current,
          [...(target.files ?? [])].map((file) => ({ file, path: file.name })),
        );
        target.value = "";
      }}
    />
  );
}
