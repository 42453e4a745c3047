import { makeStyles, tokens } from "@fluentui/react-components";
import { Fragment, type ReactNode } from "react";

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "minmax(120px, max-content) minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalXL,
    rowGap: tokens.spacingVerticalSNudge,
    margin: 0,
    overflowWrap: "anywhere",
    "& dt": { color: tokens.colorNeutralForeground3 },
    "& dd": { margin: 0 },
  },
});

/** A term, and what is known of it. */
export type Fact = readonly [string, ReactNode];

interface Props {
  /** Those without a value are left out. */
  readonly all: readonly Fact[];
}

/** What is known of one thing. */
export function Facts({ all }: Props) {
  return (
    <dl className={useStyles().root}>
      {all
        .filter(([, value]) => value)
        .map(([term, value]) => (
          <Fragment key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
