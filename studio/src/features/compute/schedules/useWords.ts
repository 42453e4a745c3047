import { useTranslation } from "react-i18next";
import { WEEK_DAYS, type WeekDay, type WrittenSchedule } from "@/api/schedules";
import { planOf, WORKING_DAYS } from "@/features/compute/schedules/plan";
import { useFormat } from "@/lib/useFormat";

/** 2024-01-01 was a Monday. */
const dateOf = (day: WeekDay) => new Date(Date.UTC(2024, 0, 1 + WEEK_DAYS.indexOf(day)));

/** Schedules in words: "Stops at 18:00 Seoul time, on weekdays". */
export function useWords() {
  const { t } = useTranslation("schedules");
  const { language } = useFormat();

  const dayName = (day: WeekDay, weekday: "short" | "long" = "short") =>
    new Intl.DateTimeFormat(language, { weekday, timeZone: "UTC" }).format(dateOf(day));

  const zoneName = (zone: string) => {
    const city = zone.includes("/") ? zone.split("/").at(-1)?.replaceAll("_", " ") : undefined;
    return city ? t("cityTime", { city }) : zone;
  };

  const dayNames = (days: readonly WeekDay[]) => {
    if (days.length === 7) return t("everyDay");
    if (days.join() === WORKING_DAYS.join()) return t("weekdays");
    const list = new Intl.ListFormat(language, { type: "conjunction" });
    return t("onDays", { days: list.format(days.map((each) => dayName(each))) });
  };

  /** What it does and when in the day. */
  const short = (schedule: WrittenSchedule) => {
    const zone = zoneName((schedule.cron ?? schedule.recurrence)?.timeZone ?? "UTC");
    const time = planOf(schedule)?.time;
    if (time) return t(`at.${schedule.action}`, { time, zone });
    const rule = schedule.cron?.expression ?? t("recurrence");
    return t(`by.${schedule.action}`, { rule, zone });
  };

  /** And on which days. */
  const whole = (schedule: WrittenSchedule) => {
    const plan = planOf(schedule);
    return plan
      ? t("withDays", { what: short(schedule), days: dayNames(plan.days) })
      : short(schedule);
  };

  return { short, whole, dayName };
}
