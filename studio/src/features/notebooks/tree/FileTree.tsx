import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import {
  type DragEvent,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import type { Entry } from "@/api/files";
import { parentOf } from "@/features/notebooks/paths";
import { startDrag, takes } from "@/features/notebooks/tree/dropping";
import { FileRow } from "@/features/notebooks/tree/FileRow";
import { actionOf } from "@/features/notebooks/tree/keys";
import type { Row } from "@/features/notebooks/tree/rows";
import type { Tree } from "@/features/notebooks/tree/useTree";
import { useNarrow } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    overflowY: "auto",
    overflowX: "hidden",
    minHeight: 0,
    flexGrow: 1,
    outlineStyle: "none",
    paddingInline: tokens.spacingHorizontalXS,
    borderRadius: tokens.borderRadiusMedium,
  },
  target: { backgroundColor: tokens.colorBrandBackground2 },
  rows: { position: "relative" },
});

const ROW_PX = 30;
const ROW_PX_FOR_FINGERS = 44;
const OVERSCAN = 12;

export type MenuTarget = HTMLElement | { readonly x: number; readonly y: number };

interface Props {
  readonly tree: Tree;
  readonly label: string;
  /** Path of what is open beside the tree, or chosen. */
  readonly selected: string;
  readonly choose: (entry: Entry) => void;
  readonly rename?: (entry: Entry) => void;
  readonly remove?: (entry: Entry) => void;
  readonly menu?: (entry: Entry, target: MenuTarget) => void;
  /** Something was dropped onto a folder. */
  readonly drop?: (folder: string, data: DataTransfer) => void;
}

/** Files and folders. Only the rows in sight are drawn. */
export function FileTree(props: Props) {
  const { tree, drop } = props;
  const { rows, active, setActive } = tree;
  const styles = useStyles();
  const id = useId();
  const scroll = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(false);
  const [target, setTarget] = useState<string | null>(null);
  const height = useNarrow() ? ROW_PX_FOR_FINGERS : ROW_PX;
  const index = rows.findIndex((row) => row.key === active);
  const inSight = useInSight(rows, index, height, scroll);
  const activate = useActivate(props);
  const onKeyDown = useKeys(props, index, activate);
  const menuOf = props.menu;
  const onMenu = useCallback(
    (row: Row, at: MenuTarget) => {
      setActive(row.key);
      if (row.kind === "entry") menuOf?.(row.entry, at);
    },
    [menuOf, setActive],
  );
  const onClick = useCallback(
    (row: Row) => {
      setActive(row.key);
      activate(row);
    },
    [activate, setActive],
  );
  const onDrag = (event: DragEvent, folder: string) => {
    if (!drop || !takes(event.dataTransfer)) return;
    event.preventDefault();
    event.stopPropagation();
    setTarget(folder);
  };
  return (
    <div
      role="tree"
      aria-label={props.label}
      aria-activedescendant={index >= 0 ? idOf(id, active) : undefined}
      tabIndex={0}
      ref={scroll}
      className={mergeClasses(styles.root, target === "" && styles.target)}
      onKeyDown={onKeyDown}
      onFocus={(event) => setFocused(event.currentTarget.matches(":focus-visible"))}
      onBlur={() => setFocused(false)}
      onDragOver={(event) => onDrag(event, "")}
      onDragLeave={() => setTarget(null)}
      onDragEnd={() => setTarget(null)}
      onDrop={(event) => {
        setTarget(null);
        if (target === null) return;
        event.preventDefault();
        drop?.(target, event.dataTransfer);
      }}
    >
      <div role="presentation" className={styles.rows} style={{ height: inSight.getTotalSize() }}>
        {inSight.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const folder = folderOf(row);
          return (
            <FileRow
              key={row.key}
              id={idOf(id, row.key)}
              row={row}
              height={height}
              offset={item.start}
              selected={row.kind === "entry" && row.entry.path === props.selected}
              active={item.index === index}
              ring={focused}
              target={target !== null && target !== "" && target === folder && isFolder(row)}
              onClick={onClick}
              onMenu={menuOf && onMenu}
              onDragStart={dragEntry}
              onDragOver={(event) => onDrag(event, folder)}
            />
          );
        })}
      </div>
    </div>
  );
}

function idOf(tree: string, key: string): string {
  return tree + encodeURIComponent(key);
}

function dragEntry(entry: Entry, data: DataTransfer): void {
  startDrag(data, entry.path);
}

function isFolder(row: Row): boolean {
  return row.kind === "entry" && row.entry.type === "directory";
}

/** The folder that something dropped onto the row goes into. */
function folderOf(row: Row): string {
  if (row.kind === "note") return row.folder;
  return row.entry.type === "directory" ? row.entry.path : parentOf(row.entry.path);
}

/** The rows to draw: those in sight, and the active one, which the tree names as its focus. */
function useInSight(
  rows: readonly Row[],
  active: number,
  height: number,
  scroll: React.RefObject<HTMLDivElement | null>,
) {
  const inSight = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    getItemKey: (index) => rows[index]?.key ?? index,
    rangeExtractor: (range: Range) => {
      const drawn = defaultRangeExtractor(range);
      if (active >= 0 && active < rows.length && !drawn.includes(active)) drawn.push(active);
      return drawn.sort((a, b) => a - b);
    },
  });
  useEffect(() => inSight.measure(), [height]);
  const key = rows[active]?.key;
  useEffect(() => {
    if (active >= 0) inSight.scrollToIndex(active, { align: "auto" });
  }, [key]);
  return inSight;
}

/** A click or Enter: folders open and close, all else is chosen. */
function useActivate({ tree, choose }: Props) {
  const { setOpen } = tree;
  return useCallback(
    (row: Row) => {
      if (row.kind !== "entry") return;
      if (row.entry.type === "directory") setOpen(row.entry.path, !row.open);
      if (row.entry.type !== "other") choose(row.entry);
    },
    [setOpen, choose],
  );
}

function useKeys(props: Props, index: number, activate: (row: Row) => void) {
  const { tree } = props;
  const { rows } = tree;
  const perform = (event: KeyboardEvent, entry: Entry, row: Row, what: string) => {
    if (what === "open" || what === "close") tree.setOpen(entry.path, what === "open");
    else if (what === "choose") activate(row);
    else if (what === "rename") props.rename?.(entry);
    else if (what === "remove") props.remove?.(entry);
    else props.menu?.(entry, activeElement(event));
  };
  return (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const action = actionOf(event, rows, index);
    if (!action) return;
    event.preventDefault();
    if (action.do === "go") return tree.setActive(rows[action.index]?.key ?? "");
    const row = rows[index];
    if (row?.kind === "entry") perform(event, row.entry, row, action.do);
  };
}

function activeElement(event: KeyboardEvent): MenuTarget {
  const id = event.currentTarget.getAttribute("aria-activedescendant") ?? "";
  return document.getElementById(id) ?? { x: 0, y: 0 };
}
