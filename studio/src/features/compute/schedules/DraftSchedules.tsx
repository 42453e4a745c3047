import { Button, Field, makeStyles, tokens } from "@fluentui/react-components";
import { AddRegular, DeleteRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { PlanFields } from "@/features/compute/schedules/PlanFields";
import { isComplete, type Plan, usualPlan, written } from "@/features/compute/schedules/plan";
import { useWords } from "@/features/compute/schedules/useWords";

const useStyles = makeStyles({
  one: {
    display: "flex",
    flexDirection: "column",
    alignItems: "start",
    gap: tokens.spacingVerticalS,
    marginBottom: tokens.spacingVerticalL,
  },
});

interface Props {
  readonly plans: readonly Plan[];
  readonly change: (plans: readonly Plan[]) => void;
  readonly error: string | undefined;
}

/** The schedules of an instance that is not there yet. */
export function DraftSchedules({ plans, change, error }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("schedules");
  const { whole } = useWords();
  const wrong = error ? ({ validationState: "error", validationMessage: error } as const) : {};
  return (
    <Field label={t("title")} hint={t("text")} {...wrong}>
      <div>
        {plans.map((plan, at) => (
          <div key={at} className={styles.one} role="group" aria-label={whole(written(plan))}>
            <PlanFields plan={plan} change={(next) => change(plans.with(at, next))} />
            {!isComplete(plan) && <span>{t("incomplete")}</span>}
            <Button
              appearance="subtle"
              icon={<DeleteRegular />}
              onClick={() => change(plans.toSpliced(at, 1))}
            >
              {t("remove")}
            </Button>
          </div>
        ))}
        <Button icon={<AddRegular />} onClick={() => change([...plans, usualPlan()])}>
          {t("add")}
        </Button>
      </div>
    </Field>
  );
}
