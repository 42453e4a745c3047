/** Making, renaming, moving, deleting and fetching files, with what goes wrong told. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Entry,
  filesKey,
  filesUrl,
  folderQuery,
  makeFolder,
  moveEntry,
  refreshFolder,
  removeEntry,
  writeContent,
} from "@/api/files";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";
import { emptyNotebook } from "@/features/notebooks/emptyNotebook";
import { isIn, join, nameOf, parentOf } from "@/features/notebooks/paths";

export type NewKind = "notebook" | "file" | "folder";

/** A question that a dialog asks. */
export type Asked =
  | { readonly about: "new"; readonly kind: NewKind; readonly folder: string }
  | { readonly about: "rename" | "move"; readonly entry: Entry };

interface Told {
  /** Something is there now that a person will want to see. */
  readonly made: (path: string, isFolder: boolean) => void;
  readonly moved: (from: string, to: string) => void;
  readonly removed: (path: string) => void;
}

export type FileActions = ReturnType<typeof useFileActions>;

export function useFileActions(told: Told) {
  const place = usePlace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const tell = useTell();
  const { t } = useTranslation(["notebooks", "common"]);
  const [asked, setAsked] = useState<Asked | null>(null);
  const picker = useRef<((folder: string) => void) | null>(null);
  const refresh = (path: string) => refreshFolder(client, place, path);

  /** @throws ApiError, ConnectionLost: a dialog shows them beside the name. */
  const make = async (kind: NewKind, folder: string, name: string) => {
    const path = join(folder, name);
    // One's own folder is made when the first instance is; a person may be here before it.
    if (folder && !client.getQueryData(folderQuery(place, folder).queryKey)) {
      await makeFolder(place, folder);
      await client.invalidateQueries({ queryKey: filesKey(place) });
    }
    if (kind === "folder") await makeFolder(place, path);
    else await writeContent(place, path, kind === "file" ? "" : emptyNotebook(), NEW);
    await refresh(folder);
    told.made(path, kind === "folder");
  };

  /** @throws ApiError, ConnectionLost */
  const move = async (from: string, to: string) => {
    if (from === to) return;
    await moveEntry(place, from, to);
    told.moved(from, to);
    await Promise.all([refresh(parentOf(from)), refresh(parentOf(to))]);
  };

  const remove = async (entry: Entry) => {
    const what = entry.type === "directory" ? "folder" : "file";
    const question = {
      title: t("remove.title", { name: entry.name }),
      text: t(`remove.${what}`),
      verb: t("common:delete"),
    };
    if (!(await confirm(question))) return;
    try {
      await removeEntry(place, entry);
      told.removed(entry.path);
    } catch (error) {
      tell.failed(t("remove.failed", { name: entry.name }), error);
    }
    await refresh(parentOf(entry.path));
  };

  /** Move by dragging: easily done by mistake, so ask. */
  const drag = async (from: string, folder: string) => {
    const name = nameOf(from);
    if (parentOf(from) === folder || isIn(folder, from)) return;
    const where = folder || t("top");
    const question = { title: t("move.title", { name }), text: t("move.text", { folder: where }) };
    if (!(await confirm({ ...question, verb: t("move.done") }))) return;
    try {
      await move(from, join(folder, name));
    } catch (error) {
      tell.failed(t("move.failed", { name }), error);
    }
  };

  const download = (entry: Entry) => {
    const link = document.createElement("a");
    link.href = filesUrl(place, "content", { path: entry.path });
    link.download = entry.name;
    link.click();
  };

  const copyPath = async (entry: Entry) => {
    try {
      await navigator.clipboard.writeText(entry.path);
      tell.done(t("common:copied"));
    } catch (error) {
      tell.failed(t("copyPath"), error);
    }
  };

  return {
    asked,
    askNew: (kind: NewKind, folder: string) => setAsked({ about: "new", kind, folder }),
    askRename: (entry: Entry) => setAsked({ about: "rename", entry }),
    askMove: (entry: Entry) => setAsked({ about: "move", entry }),
    /** Choose files of this computer to upload; `picker` is set by who draws the chooser. */
    askUpload: (folder: string) => picker.current?.(folder),
    answered: () => setAsked(null),
    picker,
    make,
    move,
    remove: (entry: Entry) => void remove(entry),
    drag: (from: string, folder: string) => void drag(from, folder),
    download,
    copyPath: (entry: Entry) => void copyPath(entry),
  };
}

const NEW = { "If-None-Match": "*" };
