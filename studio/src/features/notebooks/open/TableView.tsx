import { makeStyles, mergeClasses, Text, tokens } from "@fluentui/react-components";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { rowsOfTable } from "@/features/notebooks/open/csv";
import { extensionOf } from "@/features/notebooks/paths";
import { useFormat } from "@/lib/useFormat";

const MOST_ROWS = 50_000;
const ROW_PX = 32;
const COLUMN_PX = 160;

const useStyles = makeStyles({
  root: { height: "100%", overflow: "auto" },
  rows: { position: "relative" },
  row: {
    display: "grid",
    boxSizing: "border-box",
    height: `${ROW_PX}px`,
    alignItems: "center",
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  placed: { position: "absolute", top: 0, left: 0 },
  head: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground2,
    fontWeight: tokens.fontWeightSemibold,
  },
  cell: {
    paddingInline: tokens.spacingHorizontalS,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  cut: { padding: tokens.spacingHorizontalS, color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly text: string;
  readonly path: string;
}

/** Values between commas as a table; the first row names the columns. */
export function TableView({ text, path }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const format = useFormat();
  const all = useMemo(
    () => rowsOfTable(text, extensionOf(path) === "tsv" ? "\t" : ",", MOST_ROWS + 1),
    [text, path],
  );
  const [head = [], ...rows] = all;
  const scroll = useRef<HTMLDivElement>(null);
  const inSight = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const columns = all.reduce((most, row) => Math.max(most, row.length), 0);
  const style = {
    gridTemplateColumns: `repeat(${columns}, minmax(${COLUMN_PX}px, 1fr))`,
    width: `max(100%, ${columns * COLUMN_PX}px)`,
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <div className={styles.root} ref={scroll} tabIndex={0} role="table" aria-label={path}>
      <div role="row" className={mergeClasses(styles.row, styles.head)} style={style}>
        {head.map((value, at) => (
          <span role="columnheader" key={at} className={styles.cell} title={value}>
            {value}
          </span>
        ))}
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height: inSight.getTotalSize() }}>
        {inSight.getVirtualItems().map(({ index, start }) => (
          <div
            role="row"
            key={index}
            className={mergeClasses(styles.row, styles.placed)}
            style={{ ...style, transform: `translateY(${start}px)` }}
          >
            {rows[index]?.map((value, at) => (
              <span role="cell" key={at} className={styles.cell} title={value}>
                {value}
              </span>
            ))}
          </div>
        ))}
      </div>
      {rows.length >= MOST_ROWS && (
        <Text className={styles.cut}>{t("editor.cut", { count: format.number(MOST_ROWS) })}</Text>
      )}
    </div>
  );
}
