import {
  makeStyles,
  mergeClasses,
  Radio,
  RadioGroup,
  SearchBox,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Offer } from "@/features/compute/create/sizing";
import { NARROW } from "@/lib/screen";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  tools: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalL,
    marginBottom: tokens.spacingVerticalS,
  },
  list: {
    display: "block",
    maxHeight: "360px",
    overflowY: "auto",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(200px, 1.6fr) repeat(4, minmax(72px, 0.7fr)) minmax(130px, 1fr)",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    paddingInlineEnd: tokens.spacingHorizontalM,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr) auto" },
  },
  header: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    minHeight: "36px",
    backgroundColor: tokens.colorNeutralBackground2,
    color: tokens.colorNeutralForeground2,
    fontWeight: tokens.fontWeightSemibold,
  },
  first: { paddingInlineStart: tokens.spacingHorizontalM },
  wide: { [NARROW]: { display: "none" } },
  narrow: { display: "none", [NARROW]: { display: "block" } },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  small: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly offers: readonly Offer[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}

/** The sizes to choose from; those that the quota does not allow are there, and say why. */
export function SizeTable({ offers, value, onChange }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("create");
  const [gpu, setGpu] = useState(false);
  const [words, setWords] = useState("");
  const withGpu = offers.some((each) => each.size.gpus > 0);
  const shown = offers.filter(
    ({ size }) =>
      size.gpus > 0 === gpu && size.name.toLowerCase().includes(words.trim().toLowerCase()),
  );
  return (
    <>
      <div className={styles.tools}>
        {withGpu && (
          <RadioGroup
            layout="horizontal"
            aria-label={t("kind")}
            value={gpu ? "gpu" : "cpu"}
            onChange={(_, data) => setGpu(data.value === "gpu")}
          >
            <Radio value="cpu" label={t("cpu")} />
            <Radio value="gpu" label={t("gpu")} />
          </RadioGroup>
        )}
        <SearchBox
          placeholder={t("searchSizes")}
          aria-label={t("searchSizes")}
          value={words}
          onChange={(_, data) => setWords(data.value)}
        />
      </div>
      <RadioGroup
        className={styles.list}
        aria-label={t("size")}
        value={value}
        onChange={(_, data) => onChange(data.value)}
      >
        <div className={mergeClasses(styles.row, styles.header, styles.wide)} aria-hidden>
          <span className={styles.first}>{t("size")}</span>
          <span>{t("columns.vcpus")}</span>
          <span>{t("columns.memory")}</span>
          <span>{t("columns.gpus")}</span>
          <span>{t("columns.tempDisk")}</span>
          <span>{t("columns.left")}</span>
        </div>
        {shown.map((each) => (
          <SizeRow key={each.size.name} offer={each} chosen={each.size.name === value} />
        ))}
        {shown.length === 0 && (
          <Text block style={{ padding: 16 }}>
            {t("noSize")}
          </Text>
        )}
      </RadioGroup>
    </>
  );
}

const MIB = 1024 ** 2;

function SizeRow({ offer, chosen }: { readonly offer: Offer; readonly chosen: boolean }) {
  const styles = useStyles();
  const { t } = useTranslation("create");
  const format = useFormat();
  const { size, left, fits } = offer;
  const memory = t("gigabytes", { count: size.memoryGb });
  const quota = left === null ? "" : fits ? t("left", { count: left }) : t("notEnough", { left });
  return (
    <div className={mergeClasses(styles.row, chosen && styles.chosen)}>
      <Radio
        value={size.name}
        disabled={!fits}
        label={
          <>
            {size.name}
            <span className={mergeClasses(styles.narrow, styles.small)}>
              {t("inWords", { vcpus: size.vcpus, memory })}
            </span>
          </>
        }
      />
      <span className={styles.wide}>{size.vcpus}</span>
      <span className={styles.wide}>{memory}</span>
      <span className={styles.wide}>
        {size.gpus ? `${size.gpus} × ${size.gpuType ?? "GPU"}` : "–"}
      </span>
      <span className={styles.wide}>
        {size.tempDiskMb ? format.bytes(size.tempDiskMb * MIB) : "–"}
      </span>
      <span className={styles.small}>{quota}</span>
    </div>
  );
}
