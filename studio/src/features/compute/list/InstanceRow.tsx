import { Checkbox, makeStyles, mergeClasses, Tooltip, tokens } from "@fluentui/react-components";
import { ErrorCircleRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Instance } from "@/api/computes";
import { useSize } from "@/api/sizes";
import { pageOf, usePlace } from "@/app/where";
import { Applications } from "@/features/compute/list/Applications";
import { RowUse } from "@/features/compute/list/RowUse";
import { StateBadge } from "@/features/compute/StateBadge";
import { NextFiring } from "@/features/compute/schedules/NextFiring";
import { useFormat } from "@/lib/useFormat";

/** Below this width a row is a card. */
const CARDS = "@media (max-width: 1000px)";

export const useRowStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns:
      "40px minmax(140px, 1.3fr) 132px minmax(200px, 1.4fr) minmax(150px, 1.1fr) minmax(100px, 0.9fr) 104px",
    columnGap: tokens.spacingHorizontalM,
    alignItems: "center",
  },
  wide: { [CARDS]: { display: "none" } },
});

const useStyles = makeStyles({
  row: {
    position: "absolute",
    insetInline: 0,
    top: 0,
    minHeight: "56px",
    boxSizing: "border-box",
    paddingBlock: tokens.spacingVerticalXS,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    [CARDS]: {
      gridTemplateColumns: "40px minmax(0, 1fr) auto",
      gridTemplateAreas:
        '"choose name state" "choose size size" "choose applications applications" "choose user user"',
      paddingBlock: tokens.spacingVerticalM,
      rowGap: tokens.spacingVerticalXXS,
    },
  },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  choose: { [CARDS]: { gridArea: "choose", alignSelf: "start" } },
  name: { minWidth: 0, [CARDS]: { gridArea: "name" } },
  link: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    textDecorationLine: "none",
    overflowWrap: "anywhere",
    ":hover": { textDecorationLine: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  state: { [CARDS]: { gridArea: "state" } },
  applications: { [CARDS]: { gridArea: "applications" } },
  size: { minWidth: 0, [CARDS]: { gridArea: "size" } },
  user: {
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    [CARDS]: { gridArea: "user" },
  },
  created: { [CARDS]: { display: "none" } },
  small: {
    display: "block",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  error: {
    color: tokens.colorStatusDangerForeground1,
    marginInlineStart: tokens.spacingHorizontalXS,
    verticalAlign: "middle",
    fontSize: "16px",
  },
});

interface Props {
  readonly instance: Instance;
  readonly index: number;
  /** Pixels from the list's beginning. */
  readonly offset: number;
  readonly measure: (element: Element | null) => void;
  readonly chosen: boolean;
  readonly toggle: (id: string) => void;
}

/** One instance: a row, or a card where there is little room. */
export function InstanceRow({ instance, index, offset, measure, chosen, toggle }: Props) {
  const row = useRowStyles();
  const styles = useStyles();
  const { t } = useTranslation("compute");
  const format = useFormat();
  const place = usePlace();
  const created = instance.createdOn;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      ref={measure}
      data-index={index}
      className={mergeClasses(row.row, styles.row, chosen && styles.chosen)}
      style={{ transform: `translateY(${offset}px)` }}
    >
      <span role="cell" className={styles.choose}>
        <Checkbox
          aria-label={t("choose", { name: instance.name })}
          checked={chosen}
          onChange={() => toggle(instance.id)}
        />
      </span>
      <span role="cell" className={styles.name}>
        <Link to={pageOf(place, "compute", instance.name)} className={styles.link}>
          {instance.name}
        </Link>
        <Trouble instance={instance} />
        <NextFiring instance={instance} />
      </span>
      <span role="cell" className={styles.state}>
        <StateBadge state={instance.state} />
        <span className={styles.small}>
          <RowUse instance={instance} />
        </span>
      </span>
      <span role="cell" className={styles.applications}>
        <Applications instance={instance} />
      </span>
      <span role="cell" className={styles.size}>
        <SizeCell instance={instance} />
      </span>
      <span role="cell" className={styles.user} title={instance.ownerName}>
        {instance.ownerName}
      </span>
      <span role="cell" className={styles.created}>
        {created && <span title={format.moment(created)}>{format.ago(created)}</span>}
      </span>
    </div>
  );
}

function Trouble({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const first = instance.errors[0];
  if (!first) return null;
  return (
    <Tooltip content={first.message} relationship="label">
      <ErrorCircleRegular className={styles.error} tabIndex={0} />
    </Tooltip>
  );
}

function SizeCell({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { t } = useTranslation("compute");
  const { subscription } = usePlace();
  const size = useSize(subscription, instance.location, instance.size);
  return (
    <>
      {instance.size}
      <span className={styles.small}>
        {size ? t(size.gpus ? "sizeWithGpu" : "sizeInWords", { ...size }) : "\u00a0"}
      </span>
    </>
  );
}
