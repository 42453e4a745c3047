/** The files that are open beside the tree, and which of them have unsaved changes. */
import { useCallback, useEffect, useState } from "react";
import { isIn, movedPath } from "@/features/notebooks/paths";

/** One open file. It keeps its id when it is renamed, and with it what was typed. */
export interface Tab {
  readonly id: number;
  readonly path: string;
}

export interface Tabs {
  readonly all: readonly Tab[];
  readonly dirty: ReadonlySet<number>;
  readonly show: (path: string) => void;
  readonly close: (id: number) => void;
  readonly moved: (from: string, to: string) => void;
  readonly removed: (path: string) => void;
  readonly setDirty: (id: number, dirty: boolean) => void;
}

let lastId = 0;

/** @param name of the workspace; its tabs are there again when a person comes back to it. */
export function useTabs(name: string): Tabs {
  const key = `studiolo.tabs.${name}`;
  const [all, setAll] = useState<readonly Tab[]>(() => read(key).map(tab));
  const [dirty, setDirtyIds] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => write(key, all), [key, all]);
  useUnsavedGuard(dirty.size > 0);
  const show = useCallback(
    (path: string) =>
      setAll((tabs) => (tabs.some((each) => each.path === path) ? tabs : [...tabs, tab(path)])),
    [],
  );
  const setDirty = useCallback((id: number, isDirty: boolean) => {
    setDirtyIds((ids) => {
      if (ids.has(id) === isDirty) return ids;
      const next = new Set(ids);
      if (isDirty) next.add(id);
      else next.delete(id);
      return next;
    });
  }, []);
  const closeIf = useCallback((closes: (tab: Tab) => boolean) => {
    setAll((tabs) => tabs.filter((each) => !closes(each)));
  }, []);
  return {
    all,
    dirty: new Set(all.filter((each) => dirty.has(each.id)).map((each) => each.id)),
    show,
    setDirty,
    close: useCallback((id) => closeIf((each) => each.id === id), [closeIf]),
    removed: useCallback((path) => closeIf((each) => isIn(each.path, path)), [closeIf]),
    moved: useCallback(
      (from, to) =>
        setAll((tabs) => tabs.map((each) => ({ ...each, path: movedPath(each.path, from, to) }))),
      [],
    ),
  };
}

function tab(path: string): Tab {
  return { id: ++lastId, path };
}

function read(key: string): string[] {
  try {
    const paths: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(paths) ? paths.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

function write(key: string, tabs: readonly Tab[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(tabs.map((each) => each.path)));
  } catch {
    // A private window may forbid it.
  }
}

/** The browser asks before the studio is left with unsaved changes. */
function useUnsavedGuard(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);
}
