import {
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  type PositioningVirtualElement,
} from "@fluentui/react-components";
import {
  ArrowDownloadRegular,
  ArrowUploadRegular,
  CopyRegular,
  DeleteRegular,
  DocumentAddRegular,
  FolderAddRegular,
  FolderArrowRightRegular,
  NotebookAddRegular,
  RenameRegular,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import type { Entry } from "@/api/files";
import { parentOf } from "@/features/notebooks/paths";
import type { MenuTarget } from "@/features/notebooks/tree/FileTree";
import type { FileActions } from "@/features/notebooks/useFileActions";

export interface Opened {
  readonly entry: Entry;
  readonly target: MenuTarget;
}

interface Props {
  readonly opened: Opened | null;
  readonly close: () => void;
  readonly actions: FileActions;
}

/** What can be done with an entry of the tree, where the mouse or the active row is. */
export function TreeMenu({ opened, close, actions }: Props) {
  if (!opened) return null;
  return (
    <Menu
      open
      onOpenChange={(_, { open }) => !open && close()}
      positioning={{ target: elementOf(opened.target), position: "below", align: "start" }}
    >
      <MenuPopover>
        <Items entry={opened.entry} actions={actions} />
      </MenuPopover>
    </Menu>
  );
}

function elementOf(target: MenuTarget): HTMLElement | PositioningVirtualElement {
  if (target instanceof HTMLElement) return target;
  return { getBoundingClientRect: () => DOMRect.fromRect(target) };
}

function Items({ entry, actions }: { readonly entry: Entry; readonly actions: FileActions }) {
  const { t } = useTranslation(["notebooks", "common"]);
  const folder = entry.type === "directory" ? entry.path : parentOf(entry.path);
  const fixed = entry.path === "Users";
  return (
    <MenuList>
      <MenuItem icon={<NotebookAddRegular />} onClick={() => actions.askNew("notebook", folder)}>
        {t("new.notebook")}
      </MenuItem>
      <MenuItem icon={<DocumentAddRegular />} onClick={() => actions.askNew("file", folder)}>
        {t("new.file")}
      </MenuItem>
      <MenuItem icon={<FolderAddRegular />} onClick={() => actions.askNew("folder", folder)}>
        {t("new.folder")}
      </MenuItem>
      <MenuItem icon={<ArrowUploadRegular />} onClick={() => actions.askUpload(folder)}>
        {t("upload.here")}
      </MenuItem>
      {entry.type !== "other" && <MenuDivider />}
      {entry.type !== "other" && !fixed && (
        <>
          <MenuItem icon={<RenameRegular />} onClick={() => actions.askRename(entry)}>
            {t("rename.verb")}
          </MenuItem>
          <MenuItem icon={<FolderArrowRightRegular />} onClick={() => actions.askMove(entry)}>
            {t("move.verb")}
          </MenuItem>
        </>
      )}
      {entry.type === "file" && (
        <MenuItem icon={<ArrowDownloadRegular />} onClick={() => actions.download(entry)}>
          {t("download")}
        </MenuItem>
      )}
      {entry.type !== "other" && (
        <MenuItem icon={<CopyRegular />} onClick={() => actions.copyPath(entry)}>
          {t("copyPath")}
        </MenuItem>
      )}
      {entry.type !== "other" && !fixed && (
        <MenuItem icon={<DeleteRegular />} onClick={() => actions.remove(entry)}>
          {t("common:delete")}
        </MenuItem>
      )}
    </MenuList>
  );
}
