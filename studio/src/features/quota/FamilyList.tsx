import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import { GaugeRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Usage } from "@/api/regions";
import { pageOf } from "@/app/where";
import { Empty } from "@/components/Empty";
import { StateBadge } from "@/features/compute/StateBadge";
import { EditLimit } from "@/features/quota/EditLimit";
import type { Holder, Holders } from "@/features/quota/holders";
import { UsageRow } from "@/features/quota/UsageRow";

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0 },
  row: {
    display: "flex",
    flexWrap: "wrap",
    columnGap: tokens.spacingHorizontalL,
    paddingBlock: tokens.spacingVerticalXS,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  name: { minWidth: "180px", color: tokens.colorNeutralForeground1 },
  small: { color: tokens.colorNeutralForeground3, minWidth: "120px" },
});

interface Props {
  readonly families: readonly Usage[];
  readonly holders: Holders;
  readonly location: string;
}

/** Families with their use; opened, each names its instances. */
export function FamilyList({ families, holders, location }: Props) {
  const { t } = useTranslation("quota");
  if (families.length === 0) return <Empty icon={<GaugeRegular />} title={t("nothingUsed")} />;
  return (
    <Accordion multiple collapsible>
      {families.map((each) => (
        <AccordionItem key={each.name} value={each.name}>
          <AccordionHeader expandIconPosition="end">
            <UsageRow usage={each} name={each.name} />
          </AccordionHeader>
          <AccordionPanel>
            <HolderList holders={holders.get(each.name) ?? []} used={each.used} />
            <EditLimit usage={each} name={each.name} location={location} />
          </AccordionPanel>
        </AccordionItem>
      ))}
    </Accordion>
  );
}

function HolderList({ holders, used }: { readonly holders: readonly Holder[]; used: number }) {
  const styles = useStyles();
  const { t } = useTranslation("quota");
  const others = used - holders.reduce((sum, each) => sum + each.vcpus, 0);
  return (
    <ul className={styles.list}>
      {holders.map(({ instance, group, workspace, vcpus }) => (
        <li key={instance.id} className={styles.row}>
          <Link className={styles.name} to={pageOf({ group, workspace }, "compute", instance.name)}>
            {instance.name}
          </Link>
          <span className={styles.small}>{instance.ownerName}</span>
          <span className={styles.small}>{instance.size}</span>
          <span className={styles.small}>{t("vcpus", { count: vcpus })}</span>
          <span className={styles.small}>{workspace}</span>
          <StateBadge state={instance.state} />
        </li>
      ))}
      {others > 0 && (
        <li className={styles.row}>
          <Text className={styles.small}>{t("others", { count: others })}</Text>
        </li>
      )}
      {used === 0 && (
        <li className={styles.row}>
          <Text className={styles.small}>{t("nobody")}</Text>
        </li>
      )}
    </ul>
  );
}
