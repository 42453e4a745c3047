import { Badge, Link, makeStyles, TableCell, TableRow, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Event } from "@/api/activity";
import { DataTable } from "@/components/DataTable";
import { useStatusWord } from "@/features/activity/status";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  small: {
    color: tokens.colorNeutralForeground3,
    display: "block",
    fontSize: tokens.fontSizeBase200,
    overflowWrap: "anywhere",
  },
  cell: { paddingBlock: tokens.spacingVerticalXS },
});

const COLORS: Readonly<Record<string, "success" | "danger" | "warning" | "informative">> = {
  Succeeded: "success",
  Failed: "danger",
  Denied: "warning",
};

interface Props {
  readonly events: readonly Event[];
  readonly open: (event: Event) => void;
}

/** Lines of the log, newest first. */
export function EventTable({ events, open }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("activity");
  const format = useFormat();
  const word = useStatusWord();
  const columns = [
    t("operation"),
    t("resource"),
    { name: t("status"), width: 130 },
    t("caller"),
    { name: t("time"), width: 180 },
  ];
  return (
    <DataTable label={t("title")} columns={columns} minWidth={760}>
      {events.map((each) => (
        <TableRow key={each.id}>
          <TableCell className={styles.cell}>
            <Link as="button" onClick={() => open(each)}>
              {each.title}
            </Link>
            <span className={styles.small}>{each.detail}</span>
          </TableCell>
          <TableCell className={styles.cell} title={each.resource}>
            {each.resource.split("/").at(-1)}
          </TableCell>
          <TableCell>
            <Badge appearance="tint" color={COLORS[each.status] ?? "informative"}>
              {word(each.status)}
            </Badge>
          </TableCell>
          <TableCell>{each.caller}</TableCell>
          <TableCell title={format.moment(each.at)}>{format.shortMoment(each.at)}</TableCell>
        </TableRow>
      ))}
    </DataTable>
  );
}
