/** Choosing what is uploaded, asking before anything is replaced, and showing what has come. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { hasStatus } from "@/api/errors";
import { filesKey, folderQuery, makeFolder } from "@/api/files";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";
import { join, parentOf } from "@/features/notebooks/paths";
import type { Dropped } from "@/features/notebooks/tree/dropping";
import { upload, useUploads } from "@/features/notebooks/uploads/store";

/** Names said in a question; the rest are counted. */
const NAMED = 5;

export function useUploading() {
  const place = usePlace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const tell = useTell();
  const { t } = useTranslation("notebooks");
  useRefreshed();

  /** The paths that are there, of all that would be written. Missing folders are made. */
  const existing = async (paths: readonly string[]): Promise<Set<string>> => {
    const found = new Set<string>();
    for (const folder of new Set(paths.map(parentOf))) {
      try {
        const entries = await client.fetchQuery({ ...folderQuery(place, folder), staleTime: 0 });
        for (const each of entries) found.add(each.path);
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
        await makeFolder(place, folder);
      }
    }
    return found;
  };

  /** Upload into a folder. What is there already is left alone unless the person says otherwise. */
  const uploadInto = async (folder: string, dropped: readonly Dropped[]): Promise<void> => {
    const files = dropped.map(({ file, path }) => ({ file, path: join(folder, path), place }));
    try {
      const there = await existing(files.map((each) => each.path));
      const taken = files.filter((each) => there.has(each.path)).map((each) => each.path);
      const replace = taken.length > 0 && (await confirm(question(taken)));
      const wanted = replace ? files : files.filter((each) => !there.has(each.path));
      upload(wanted.map((each) => ({ ...each, replace: there.has(each.path) })));
      void client.invalidateQueries({ queryKey: filesKey(place) });
    } catch (error) {
      tell.failed(t("upload.failed"), error);
    }
  };

  const question = (taken: readonly string[]) => {
    const named = taken.slice(0, NAMED).join(", ");
    const more = taken.length - NAMED;
    return {
      title: t("upload.replace.title", { count: taken.length }),
      text: more > 0 ? t("upload.replace.more", { names: named, count: more }) : named,
      verb: t("upload.replace.verb"),
    };
  };

  return uploadInto;
}

/** Read the folders again into which something has come. */
function useRefreshed(): void {
  const client = useQueryClient();
  const done = useUploads().filter((each) => each.state === "done");
  const count = done.length;
  useEffect(() => {
    for (const { place } of done.slice(0, 1)) {
      void client.invalidateQueries({ queryKey: filesKey(place) });
    }
  }, [count]);
}
