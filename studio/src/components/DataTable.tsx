import {
  makeStyles,
  Table,
  TableBody,
  TableHeader,
  TableHeaderCell,
  TableRow,
} from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({ scroll: { overflowX: "auto" } });

interface Props {
  /** What the table is of, for who cannot see it. */
  readonly label: string;
  /** The heads of the columns, and the width in pixels of those that shall have one. */
  readonly columns: readonly (string | { readonly name: string; readonly width: number })[];
  /** In pixels; in less room it scrolls by itself. */
  readonly minWidth: number;
  /** Its rows. */
  readonly children: ReactNode;
}

/** Rows below the names of their columns. */
export function DataTable({ label, columns, minWidth, children }: Props) {
  const heads = columns.map((each) => (typeof each === "string" ? { name: each } : each));
  return (
    <div className={useStyles().scroll}>
      <Table aria-label={label} style={{ minWidth }}>
        <TableHeader>
          <TableRow>
            {heads.map(({ name, ...style }) => (
              <TableHeaderCell key={name} style={style}>
                {name}
              </TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>{children}</TableBody>
      </Table>
    </div>
  );
}
