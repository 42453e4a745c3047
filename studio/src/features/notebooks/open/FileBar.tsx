import { makeStyles, Text, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { parentOf } from "@/features/notebooks/paths";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    minHeight: "40px",
    flexShrink: 0,
    paddingInline: tokens.spacingHorizontalM,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    [NARROW]: { paddingInline: tokens.spacingHorizontalS },
  },
  path: {
    flexGrow: 1,
    flexBasis: "120px",
    minWidth: 0,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    color: tokens.colorNeutralForeground3,
    // The end of a long path says more than its beginning.
    direction: "rtl",
    textAlign: "left",
  },
});

interface Props {
  readonly path: string;
  readonly children?: ReactNode;
}

/** Above an open file: the folder it is in, and what can be done with it. */
export function FileBar({ path, children }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <Text size={200} className={styles.path} title={path}>
        <bdi>{parentOf(path).split("/").join(" / ")}</bdi>
      </Text>
      {children}
    </div>
  );
}
