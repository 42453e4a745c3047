import { Checkbox, makeStyles, mergeClasses, shorthands, tokens } from "@fluentui/react-components";
import { ArrowSortDownRegular, ArrowSortUpRegular } from "@fluentui/react-icons";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Instance } from "@/api/computes";
import { InstanceRow, useRowStyles } from "@/features/compute/list/InstanceRow";
import type { Sort, SortKey } from "@/features/compute/list/selection";

const ROW_PX = 56;
const COLUMNS: readonly (SortKey | "applications")[] = [
  "name",
  "state",
  "applications",
  "size",
  "user",
  "createdOn",
];

const useStyles = makeStyles({
  header: {
    color: tokens.colorNeutralForeground2,
    fontWeight: tokens.fontWeightSemibold,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    minHeight: "40px",
  },
  sort: {
    backgroundColor: "transparent",
    ...shorthands.borderStyle("none"),
    padding: 0,
    color: "inherit",
    fontFamily: "inherit",
    fontSize: "inherit",
    fontWeight: "inherit",
    cursor: "pointer",
    display: "inline-flex",
    alignItems: "center",
    gap: "4px",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  body: { position: "relative" },
});

interface Props {
  readonly instances: readonly Instance[];
  readonly sort: Sort;
  readonly setSort: (sort: Sort) => void;
  readonly chosen: ReadonlySet<string>;
  readonly setChosen: (chosen: ReadonlySet<string>) => void;
}

/** The instances, of which only those in sight are drawn. */
export function InstanceTable({ instances, sort, setSort, chosen, setChosen }: Props) {
  const styles = useStyles();
  const row = useRowStyles();
  const { t } = useTranslation("compute");
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(body.current?.offsetTop ?? 0), []);
  const rows = useVirtualizer({
    count: instances.length,
    getScrollElement: () => document.getElementById("main"),
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => instances[index]?.id ?? index,
  });
  const all = instances.length > 0 && instances.every((each) => chosen.has(each.id));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <div role="table" aria-label={t("tabs.instances")} aria-rowcount={instances.length + 1}>
      <div role="row" aria-rowindex={1} className={mergeClasses(row.row, row.wide, styles.header)}>
        <span role="columnheader">
          <Checkbox
            aria-label={t("chooseAll")}
            checked={all ? true : chosen.size > 0 ? "mixed" : false}
            onChange={() => setChosen(all ? new Set() : new Set(instances.map((each) => each.id)))}
          />
        </span>
        {COLUMNS.map((key) =>
          key === "applications" ? (
            <span key={key} role="columnheader">
              {t("columns.applications")}
            </span>
          ) : (
            <SortHeader
              key={key}
              name={key}
              sort={sort}
              setSort={setSort}
              className={styles.sort}
            />
          ),
        )}
      </div>
      <div
        role="rowgroup"
        ref={body}
        className={styles.body}
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const instance = instances[index];
          return (
            instance && (
              <InstanceRow
                key={key}
                measure={rows.measureElement}
                index={index}
                offset={start - top}
                instance={instance}
                chosen={chosen.has(instance.id)}
                toggle={toggle}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

interface SortHeaderProps {
  readonly name: SortKey;
  readonly sort: Sort;
  readonly setSort: (sort: Sort) => void;
  readonly className: string;
}

function SortHeader({ name, sort, setSort, className }: SortHeaderProps) {
  const { t } = useTranslation("compute");
  const here = sort.key === name;
  const order = here ? (sort.down ? "descending" : "ascending") : "none";
  return (
    <span role="columnheader" aria-sort={order}>
      <button
        type="button"
        className={className}
        onClick={() => setSort({ key: name, down: here && !sort.down })}
      >
        {t(`columns.${name}`)}
        {here && (sort.down ? <ArrowSortDownRegular /> : <ArrowSortUpRegular />)}
      </button>
    </span>
  );
}
