import { Field, type FieldProps, Input } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";

/** Azure's limits: 15 minutes and 3 days. */
const LEAST = 15;
const MOST = 3 * 24 * 60;

interface Props extends Pick<FieldProps, "validationState" | "validationMessage"> {
  /** Minutes; empty for never. */
  readonly value: string;
  readonly change: (minutes: string) => void;
}

/** After how many minutes without use an instance stops. */
export function IdleMinutes({ value, change, ...validation }: Props) {
  const { t } = useTranslation("create");
  return (
    <Field label={t("idle")} hint={t("idleHint")} {...validation}>
      <Input
        type="number"
        min={LEAST}
        max={MOST}
        value={value}
        contentAfter={t("minutes")}
        onChange={(_, { value: minutes }) => change(minutes)}
      />
    </Field>
  );
}
