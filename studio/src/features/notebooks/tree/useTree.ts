/** Which folders of the tree are open, what is in them, and which row is active. */
import { type QueryClient, useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { folderQuery } from "@/api/files";
import type { Place } from "@/app/where";
import { foldersAbove, parentOf } from "@/features/notebooks/paths";
import { type Folder, keyOf, type Row, rowsOf } from "@/features/notebooks/tree/rows";

export interface Tree {
  readonly rows: readonly Row[];
  /** The share itself: what is in it, or why that is not known. */
  readonly top: Folder;
  /** Key of the row that the keyboard acts on. */
  readonly active: string;
  readonly setActive: (key: string) => void;
  readonly setOpen: (folder: string, open: boolean) => void;
  /** Open what is above a path, and make its row the active one. */
  readonly reveal: (path: string) => void;
}

/** @param start the path that is in sight at first. */
export function useTree(place: Place, start: string, foldersOnly = false): Tree {
  const client = useQueryClient();
  const [open, setAll] = useState<ReadonlySet<string>>(
    () => new Set([...foldersAbove(start), start]),
  );
  const [active, setActive] = useState(keyOf(start));
  const paths = foldersInSight(client, place, open);
  const answers = useQueries({ queries: paths.map((path) => folderQuery(place, path)) });
  const folders = new Map<string, Folder>(
    paths.map((path, index) => [
      path,
      { entries: answers[index]?.data, error: answers[index]?.error },
    ]),
  );
  const setOpen = useCallback((folder: string, opened: boolean) => {
    setAll((before) => {
      const next = new Set(before);
      if (opened) next.add(folder);
      else next.delete(folder);
      return next;
    });
  }, []);
  const reveal = useCallback((path: string) => {
    setAll((before) => new Set([...before, ...foldersAbove(path)]));
    setActive(keyOf(path));
  }, []);
  const rows = useStableRows(folders, open, foldersOnly);
  const top = folders.get("") ?? { entries: undefined, error: null };
  return { rows, top, active, setActive, setOpen, reveal };
}

/** The rows, the same array while nothing in it has changed: a scrolling list does no more work. */
function useStableRows(
  folders: ReadonlyMap<string, Folder>,
  open: ReadonlySet<string>,
  foldersOnly: boolean,
): readonly Row[] {
  const parts = [...folders].flatMap(([path, { entries, error }]) => [path, entries, error]);
  // The map is new each time, what is in it is not.
  return useMemo(() => rowsOf({ folders, open, foldersOnly }), [open, foldersOnly, ...parts]);
}

/**
 * The open folders that are to be read: those that are known to be there, for a folder may be gone
 * that was open or that the address names.
 */
function foldersInSight(client: QueryClient, place: Place, open: ReadonlySet<string>): string[] {
  const found = [""];
  for (const folder of found) {
    const entries = client.getQueryData(folderQuery(place, folder).queryKey);
    const below = [...open].filter((each) => each !== "" && parentOf(each) === folder);
    for (const path of below) {
      if (entries?.some((each) => each.path === path && each.type === "directory")) {
        found.push(path);
      }
    }
  }
  return found;
}
