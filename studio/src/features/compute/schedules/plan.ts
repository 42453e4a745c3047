/** A schedule as the studio's forms fill it in: some days of the week, one time of the day. */
import {
  type PowerAction,
  type Schedule,
  type Timing,
  WEEK_DAYS,
  type WeekDay,
  type WrittenSchedule,
} from "@/api/schedules";

export interface Plan {
  readonly action: PowerAction;
  readonly days: readonly WeekDay[];
  /** Hours and minutes as a time field has them: 18:00. */
  readonly time: string;
  readonly zone: string;
  /** Wall time before which it does nothing, where one was set; the forms keep it. */
  readonly start?: string;
}

export const WORKING_DAYS: readonly WeekDay[] = WEEK_DAYS.slice(0, 5);

/** The zone of the person's own clock. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Every zone there is to choose, and `chosen`, which may be one of Windows' names. */
export function zones(chosen: string): readonly string[] {
  return [...new Set([chosen, ownZone(), "UTC", ...Intl.supportedValuesOf("timeZone")])].sort();
}

/** What the form begins with. */
export function usualPlan(): Plan {
  return { action: "Stop", days: WORKING_DAYS, time: "18:00", zone: ownZone() };
}

export function isComplete(plan: Plan): boolean {
  return plan.days.length > 0 && /^\d{2}:\d{2}$/.test(plan.time) && plan.zone !== "";
}

/** The schedule that a plan is, in the API's words. */
export function written(plan: Plan): WrittenSchedule {
  const [hour = 0, minute = 0] = plan.time.split(":").map(Number);
  return {
    status: "Enabled",
    action: plan.action,
    triggerType: "Recurrence",
    recurrence: {
      frequency: "Week",
      interval: 1,
      timeZone: plan.zone,
      ...(plan.start && { startTime: plan.start }),
      schedule: { hours: [hour], minutes: [minute], weekDays: plan.days },
    },
  };
}

/** The plan that a schedule is; null where it is more than a form of the studio says. */
export function planOf(schedule: WrittenSchedule): Plan | null {
  return fromCron(schedule) ?? fromRecurrence(schedule);
}

function fromRecurrence({ action, recurrence }: WrittenSchedule): Plan | null {
  if (recurrence?.interval !== 1) return null;
  const { hours = [], minutes = [], weekDays = [] } = recurrence.schedule ?? {};
  const [hour, ...moreHours] = hours;
  const [minute, ...moreMinutes] = minutes;
  const days = weekDays.length > 0 ? weekDays : recurrence.frequency === "Day" ? WEEK_DAYS : [];
  const weekly = recurrence.frequency === "Week" || recurrence.frequency === "Day";
  if (!weekly || days.length === 0 || hour === undefined || minute === undefined) return null;
  if (moreHours.length > 0 || moreMinutes.length > 0) return null;
  return plan(action, hour, minute, (each) => days.includes(each), recurrence);
}

/** Of expressions those with one minute, one hour, and days of the week: `0 18 * * 1-5`. */
function fromCron({ action, cron }: WrittenSchedule): Plan | null {
  const match = /^(\d+) (\d+) \* \* (\*|[0-7](?:[-,][0-7])*)$/.exec(cron?.expression ?? "");
  if (!match) return null;
  const [, minute, hour, field = "*"] = match;
  const numbers = weekdayNumbers(field);
  const chosen = (_: WeekDay, at: number) => numbers.has((at + 1) % 7);
  return plan(action, Number(hour), Number(minute), chosen, cron ?? {});
}

function weekdayNumbers(field: string): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const term of field === "*" ? ["0-6"] : field.split(",")) {
    const [low = 0, high = low] = term.split("-").map(Number);
    for (let each = low; each <= high; each++) numbers.add(each % 7);
  }
  return numbers;
}

function plan(
  action: PowerAction,
  hour: number,
  minute: number,
  chosen: (day: WeekDay, at: number) => boolean,
  { timeZone, startTime }: Timing,
): Plan {
  const two = (value: number) => String(value).padStart(2, "0");
  const time = `${two(hour)}:${two(minute)}`;
  const begun = startTime ? { start: startTime } : {};
  return { action, days: WEEK_DAYS.filter(chosen), time, zone: timeZone ?? "UTC", ...begun };
}

/** Of several the one that fires next; undefined where none does. */
export function soonest(all: readonly Schedule[]): Schedule | undefined {
  return all
    .filter((each) => each.nextFireTime)
    .sort((a, b) => (a.nextFireTime ?? "").localeCompare(b.nextFireTime ?? ""))[0];
}
