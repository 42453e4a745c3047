import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { Loading } from "@/components/Loading";
import type { Draft } from "@/features/compute/create/draft";
import type { FieldErrors } from "@/features/compute/create/fieldErrors";
import { NameField } from "@/features/compute/create/NameField";
import { SizeTable } from "@/features/compute/create/SizeTable";
import type { Offer } from "@/features/compute/create/sizing";
import type { NameCheck } from "@/features/compute/create/useNameCheck";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalXL },
  name: { maxWidth: "420px" },
  error: { color: tokens.colorStatusDangerForeground1, display: "block", marginTop: "4px" },
  label: { display: "block", marginBottom: tokens.spacingVerticalS },
});

interface Props {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly check: NameCheck;
  readonly errors: FieldErrors;
  readonly offers: readonly Offer[];
  readonly waiting: boolean;
}

/** Name and size: all that an instance needs. */
export function Required({ draft, change, check, errors, offers, waiting }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("create");
  return (
    <div className={styles.root}>
      <NameField
        label={t("name")}
        name={draft.name}
        free={t("free")}
        check={check}
        error={errors.name}
        change={(name) => change({ name })}
        className={styles.name}
      />
      <div>
        <Text weight="semibold" className={styles.label}>
          {t("size")}
        </Text>
        {waiting ? (
          <Loading />
        ) : (
          <SizeTable offers={offers} value={draft.size} onChange={(size) => change({ size })} />
        )}
        {errors.size && (
          <Text role="alert" className={styles.error}>
            {errors.size}
          </Text>
        )}
      </div>
    </div>
  );
}
