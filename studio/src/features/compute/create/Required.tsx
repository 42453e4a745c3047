import { Field, Input, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { Loading } from "@/components/Loading";
import type { Draft } from "@/features/compute/create/draft";
import type { FieldErrors } from "@/features/compute/create/fieldErrors";
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
      <Field
        label={t("name")}
        required
        className={styles.name}
        hint={t("nameRule")}
        {...nameState(check, errors.name, t("free"), t("nameRule"))}
      >
        <Input
          value={draft.name}
          maxLength={24}
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
          onChange={(_, { value }) => change({ name: value.trim() })}
        />
      </Field>
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

function nameState(check: NameCheck, error: string | undefined, free: string, rule: string) {
  const said = check.state === "taken" ? check.message : error;
  if (said) return { validationState: "error", validationMessage: said } as const;
  switch (check.state) {
    case "malformed":
      return { validationState: "error", validationMessage: rule, hint: null } as const;
    case "free":
      return { validationState: "success", validationMessage: free } as const;
    default:
      return { validationState: "none" } as const;
  }
}
