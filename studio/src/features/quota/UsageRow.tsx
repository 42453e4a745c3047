import { makeStyles, ProgressBar, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Usage } from "@/api/regions";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "minmax(180px, 1fr) minmax(120px, 1fr) 170px",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    width: "100%",
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)", rowGap: tokens.spacingVerticalXS },
  },
  name: { overflowWrap: "anywhere", fontWeight: tokens.fontWeightSemibold },
});

const NEARLY = 0.8;

interface Props {
  readonly usage: Usage;
  readonly name: string;
}

/** One counter: a bar and a sentence. */
export function UsageRow({ usage, name }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("quota");
  const share = usage.limit > 0 ? Math.min(1, usage.used / usage.limit) : Number(usage.used > 0);
  const color = share >= 1 ? "error" : share >= NEARLY ? "warning" : "brand";
  return (
    <div className={styles.root}>
      <Text className={styles.name}>{name}</Text>
      <ProgressBar value={share} color={color} thickness="large" aria-label={name} />
      <Text>{t("of", { used: usage.used, limit: usage.limit })}</Text>
    </div>
  );
}
