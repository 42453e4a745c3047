import { makeStyles, Select } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Offer } from "@/features/compute/create/sizing";

// In its own width it would be as wide as its longest line, and stand out of a telephone's screen.
const useStyles = makeStyles({ select: { width: "100%", minWidth: 0 } });

interface Props {
  readonly choices: readonly Offer[];
  readonly value: string;
  readonly onChange: (size: string) => void;
}

/** The sizes on one line each, where there is no room for the table. */
export function SizeSelect({ choices, value, onChange, ...field }: Props) {
  const styles = useStyles();
  const { t } = useTranslation(["create", "compute"]);
  return (
    <Select
      {...field}
      select={{ className: styles.select }}
      value={value}
      onChange={(_, chosen) => onChange(chosen.value)}
    >
      {choices.map(({ size, fits }) => (
        <option key={size.name} value={size.name} disabled={!fits}>
          {`${size.name} – ${t(size.gpus ? "compute:sizeWithGpu" : "compute:sizeInWords", { ...size })}`}
          {fits ? "" : ` (${t("noQuota")})`}
        </option>
      ))}
    </Select>
  );
}
