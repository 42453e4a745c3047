/** Plans as Azure's YAML and as its Python. */
import type { Plan } from "@/features/compute/schedules/plan";

const parts = ({ time }: Plan) => time.split(":").map(Number) as [number, number];

/** The value of `schedules` in a compute instance's YAML. */
export function scheduleFields(plans: readonly Plan[]) {
  return { compute_start_stop: plans.map(fields) };
}

function fields(plan: Plan) {
  const [hour, minute] = parts(plan);
  const days = plan.days.map((each) => each.toLowerCase());
  return {
    action: plan.action.toLowerCase(),
    state: "enabled",
    trigger: {
      type: "recurrence",
      frequency: "week",
      interval: 1,
      time_zone: plan.zone,
      schedule: { hours: [hour], minutes: [minute], week_days: days },
    },
  };
}

/** Lines of the YAML; the value of each trigger is written as JSON, which YAML reads. */
export function scheduleLines(plans: readonly Plan[]): string[] {
  if (plans.length === 0) return [];
  const each = plans
    .map(fields)
    .flatMap(({ action, state, trigger }) => [
      `    - action: ${action}`,
      `      state: ${state}`,
      `      trigger: ${JSON.stringify(trigger)}`,
    ]);
  return ["schedules:", "  compute_start_stop:", ...each];
}

/** Classes of azure.ai.ml.entities that :func:`scheduleArgument` uses. */
export const SCHEDULE_MODELS = [
  "ComputeSchedules",
  "ComputeStartStopSchedule",
  "RecurrencePattern",
  "RecurrenceTrigger",
] as const;

/** The argument of Python's ComputeInstance. */
export function scheduleArgument(plans: readonly Plan[]): string {
  const all = plans.map((plan) => {
    const { trigger } = fields(plan);
    const { hours, minutes, week_days } = trigger.schedule;
    const pattern = `RecurrencePattern(hours=${JSON.stringify(hours)}, minutes=${JSON.stringify(minutes)}, week_days=${JSON.stringify(week_days)})`;
    return `ComputeStartStopSchedule(action=${JSON.stringify(plan.action)}, trigger=RecurrenceTrigger(frequency="week", interval=1, time_zone=${JSON.stringify(plan.zone)}, schedule=${pattern}))`;
  });
  return `schedules=ComputeSchedules(compute_start_stop=[${all.join(", ")}])`;
}
