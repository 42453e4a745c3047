/** The tree as the list of its rows that is drawn. */
import type { Entry } from "@/api/files";

/** What is known of a folder's entries. */
export interface Folder {
  readonly entries: readonly Entry[] | undefined;
  readonly error: unknown;
}

export interface EntryRow {
  readonly kind: "entry";
  readonly key: string;
  readonly entry: Entry;
  /** From 1. */
  readonly level: number;
  readonly open: boolean;
  /** From 1, among its siblings. */
  readonly position: number;
  readonly siblings: number;
}

/** In the place of entries: on their way, none, or why there are none. */
export interface NoteRow {
  readonly kind: "note";
  readonly key: string;
  readonly folder: string;
  readonly level: number;
  readonly note: "loading" | "empty" | "failed";
  readonly error: unknown;
}

export type Row = EntryRow | NoteRow;

export interface Shown {
  readonly folders: ReadonlyMap<string, Folder>;
  readonly open: ReadonlySet<string>;
  /** Leave files out, for choosing a folder. */
  readonly foldersOnly?: boolean;
}

/** The rows of a folder and of those in it that are open. */
export function rowsOf(shown: Shown, folder = "", level = 1): Row[] {
  const { entries, error } = shown.folders.get(folder) ?? { entries: undefined, error: null };
  if (!entries) return [note(folder, level, error ? "failed" : "loading", error)];
  const visible = shown.foldersOnly ? entries.filter(isFolder) : entries;
  if (visible.length === 0) return shown.foldersOnly ? [] : [note(folder, level, "empty", null)];
  const rows: Row[] = [];
  visible.forEach((entry, index) => {
    const open = isFolder(entry) && shown.open.has(entry.path);
    rows.push({
      kind: "entry",
      // Two names that no path can say may look the same.
      key: entry.type === "other" ? `other ${index} ${entry.path}` : keyOf(entry.path),
      entry,
      level,
      open,
      position: index + 1,
      siblings: visible.length,
    });
    if (open) for (const each of rowsOf(shown, entry.path, level + 1)) rows.push(each);
  });
  return rows;
}

function isFolder(entry: Entry): boolean {
  return entry.type === "directory";
}

function note(folder: string, level: number, kind: NoteRow["note"], error: unknown): NoteRow {
  return { kind: "note", key: `note ${folder}`, folder, level, note: kind, error };
}

/** The key of the row of a file or folder. */
export function keyOf(path: string): string {
  return `entry ${path}`;
}

/** Where the row of a file or folder is; -1 if it is not shown. */
export function indexOf(rows: readonly Row[], path: string): number {
  return rows.findIndex((row) => row.key === keyOf(path));
}
