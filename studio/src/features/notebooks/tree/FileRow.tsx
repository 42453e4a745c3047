import { Button, makeStyles, mergeClasses, Spinner, tokens } from "@fluentui/react-components";
import {
  ChevronDownRegular,
  ChevronRightRegular,
  MoreHorizontalRegular,
} from "@fluentui/react-icons";
import { type DragEventHandler, memo } from "react";
import { useTranslation } from "react-i18next";
import type { Entry } from "@/api/files";
import { messageOf } from "@/components/ErrorMessage";
import { FileIcon } from "@/features/notebooks/tree/FileIcon";
import type { NoteRow, Row } from "@/features/notebooks/tree/rows";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  row: {
    position: "absolute",
    insetInline: 0,
    top: 0,
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    boxSizing: "border-box",
    paddingInlineEnd: tokens.spacingHorizontalXS,
    borderRadius: tokens.borderRadiusMedium,
    cursor: "pointer",
    userSelect: "none",
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
    "& .more": { opacity: 0 },
    ":hover .more": { opacity: 1 },
    [NARROW]: { "& .more": { opacity: 1 } },
  },
  selected: {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    fontWeight: tokens.fontWeightSemibold,
  },
  active: { "& .more": { opacity: 1 } },
  ring: { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  target: { backgroundColor: tokens.colorBrandBackground2 },
  chevron: { width: "16px", display: "inline-flex", flexShrink: 0 },
  icon: {
    display: "inline-flex",
    fontSize: "18px",
    flexShrink: 0,
    color: tokens.colorNeutralForeground2,
  },
  folder: { color: tokens.colorBrandForeground1 },
  name: {
    flexGrow: 1,
    minWidth: 0,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  note: { color: tokens.colorNeutralForeground3, cursor: "default" },
  failed: { color: tokens.colorStatusDangerForeground1 },
});

interface Props {
  readonly row: Row;
  readonly id: string;
  readonly height: number;
  /** Pixels from the list's beginning. */
  readonly offset: number;
  readonly selected: boolean;
  readonly active: boolean;
  /** Whether the active row shows that the keyboard is on it. */
  readonly ring: boolean;
  readonly target: boolean;
  readonly onClick: (row: Row) => void;
  /** Absent where there is no menu. */
  readonly onMenu?:
    | ((row: Row, target: HTMLElement | { x: number; y: number }) => void)
    | undefined;
  readonly onDragStart: (entry: Entry, data: DataTransfer) => void;
  readonly onDragOver: DragEventHandler;
}

/** One row of the tree. */
export const FileRow = memo(function FileRow(props: Props) {
  const { row, active } = props;
  const styles = useStyles();
  const common = {
    id: props.id,
    "aria-level": row.level,
    style: {
      height: props.height,
      transform: `translateY(${props.offset}px)`,
      paddingInlineStart: 4 + (row.level - 1) * 14,
    },
    onClick: () => props.onClick(row),
    onDragOver: props.onDragOver,
  };
  const look = mergeClasses(
    styles.row,
    props.selected && styles.selected,
    active && styles.active,
    active && props.ring && styles.ring,
    props.target && styles.target,
  );
  if (row.kind === "note") {
    return (
      <div {...common} role="treeitem" className={mergeClasses(look, styles.note)}>
        <span className={styles.chevron} />
        <Note row={row} />
      </div>
    );
  }
  const { entry } = row;
  const isFolder = entry.type === "directory";
  return (
    <div
      {...common}
      role="treeitem"
      className={look}
      aria-expanded={isFolder ? row.open : undefined}
      aria-selected={props.selected}
      aria-setsize={row.siblings}
      aria-posinset={row.position}
      draggable={entry.type !== "other"}
      onDragStart={(event) => props.onDragStart(entry, event.dataTransfer)}
      onContextMenu={(event) => {
        if (!props.onMenu) return;
        event.preventDefault();
        props.onMenu(row, { x: event.clientX, y: event.clientY });
      }}
    >
      <span className={styles.chevron} aria-hidden>
        {isFolder && (row.open ? <ChevronDownRegular /> : <ChevronRightRegular />)}
      </span>
      <span className={mergeClasses(styles.icon, isFolder && styles.folder)} aria-hidden>
        <FileIcon name={entry.name} type={entry.type} open={row.open} />
      </span>
      <span className={styles.name} title={entry.name}>
        {entry.name}
      </span>
      {props.onMenu && <MoreButton row={row} name={entry.name} onMenu={props.onMenu} />}
    </div>
  );
});

interface MoreProps extends Pick<Props, "row"> {
  readonly onMenu: NonNullable<Props["onMenu"]>;
  readonly name: string;
}

/** For the mouse and for fingers; the keyboard has its own key for the menu. */
function MoreButton({ row, name, onMenu }: MoreProps) {
  const { t } = useTranslation("notebooks");
  return (
    <Button
      className="more"
      appearance="transparent"
      size="small"
      tabIndex={-1}
      icon={<MoreHorizontalRegular />}
      aria-label={t("tree.more", { name })}
      onClick={(event) => {
        event.stopPropagation();
        onMenu(row, event.currentTarget);
      }}
    />
  );
}

function Note({ row }: { readonly row: NoteRow }) {
  const styles = useStyles();
  const { t } = useTranslation(["notebooks", "common"]);
  if (row.note === "loading") return <Spinner size="extra-tiny" label={t("tree.loading")} />;
  if (row.note === "empty") return <span className={styles.name}>{t("tree.empty")}</span>;
  const said = messageOf(row.error);
  return (
    <span className={mergeClasses(styles.name, styles.failed)} title={said}>
      {said}
    </span>
  );
}
