import { Checkbox, Field, Input, makeStyles, Select, tokens } from "@fluentui/react-components";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type PowerAction, WEEK_DAYS, type WeekDay } from "@/api/schedules";
import { type Plan, zones } from "@/features/compute/schedules/plan";
import { useWords } from "@/features/compute/schedules/useWords";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalM },
  row: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM },
  days: { display: "flex", flexWrap: "wrap" },
});

interface Props {
  readonly plan: Plan;
  readonly change: (plan: Plan) => void;
}

/** What to do, on which days, at what time of which clock. */
export function PlanFields({ plan, change }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("schedules");
  const { dayName } = useWords();
  const offered = useMemo(() => zones(plan.zone), [plan.zone]);
  const toggle = (day: WeekDay) => {
    const days = WEEK_DAYS.filter((each) => (each === day) !== plan.days.includes(each));
    change({ ...plan, days });
  };
  return (
    <div className={styles.root}>
      <div className={styles.row}>
        <Field label={t("action")}>
          <Select
            value={plan.action}
            onChange={(_, { value }) => change({ ...plan, action: value as PowerAction })}
          >
            <option value="Stop">{t("actions.Stop")}</option>
            <option value="Start">{t("actions.Start")}</option>
          </Select>
        </Field>
        <Field label={t("time")}>
          <Input
            type="time"
            value={plan.time}
            onChange={(_, { value }) => change({ ...plan, time: value.slice(0, 5) })}
          />
        </Field>
        <Field label={t("zone")}>
          <Select value={plan.zone} onChange={(_, { value }) => change({ ...plan, zone: value })}>
            {offered.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        </Field>
      </div>
      <div role="group" aria-label={t("days")} className={styles.days}>
        {WEEK_DAYS.map((each) => (
          <Checkbox
            key={each}
            label={dayName(each)}
            checked={plan.days.includes(each)}
            onChange={() => toggle(each)}
          />
        ))}
      </div>
    </div>
  );
}
