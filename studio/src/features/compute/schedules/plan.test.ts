import { expect, test } from "vitest";
import { type Schedule, WEEK_DAYS, type WrittenSchedule } from "@/api/schedules";
import {
  isComplete,
  type Plan,
  planOf,
  soonest,
  usualPlan,
  WORKING_DAYS,
  written,
  zones,
} from "@/features/compute/schedules/plan";

const PLAN: Plan = {
  action: "Stop",
  days: ["Monday", "Sunday"],
  time: "08:05",
  zone: "Asia/Seoul",
};

const cron = (expression: string): WrittenSchedule => ({
  status: "Enabled",
  action: "Stop",
  triggerType: "Cron",
  cron: { expression, timeZone: "Korea Standard Time" },
});

test("a plan is a weekly recurrence in the API's words", () => {
  expect(written(PLAN)).toEqual({
    status: "Enabled",
    action: "Stop",
    triggerType: "Recurrence",
    recurrence: {
      frequency: "Week",
      interval: 1,
      timeZone: "Asia/Seoul",
      schedule: { hours: [8], minutes: [5], weekDays: ["Monday", "Sunday"] },
    },
  });
});

test.each([PLAN, usualPlan(), { ...PLAN, start: "2026-01-01T00:00:00" }])(
  "what a form wrote is read back as it was",
  (plan) => expect(planOf(written(plan))).toEqual(plan),
);

test.each([
  ["0 18 * * *", WEEK_DAYS],
  ["0 18 * * 1-5", WORKING_DAYS],
  ["0 18 * * 0,6", ["Saturday", "Sunday"]],
  ["0 18 * * 5-7", ["Friday", "Saturday", "Sunday"]],
])("the days of %s", (expression, days) => {
  expect(planOf(cron(expression))).toEqual({
    action: "Stop",
    days,
    time: "18:00",
    zone: "Korea Standard Time",
  });
});

test.each(["*/5 * * * *", "0 8,18 * * *", "0 18 1 * *", "0 18 * * MON"])(
  "%s is more than a form says",
  (expression) => expect(planOf(cron(expression))).toBeNull(),
);

test.each([
  { frequency: "Week", interval: 2, schedule: { hours: [8], minutes: [0], weekDays: ["Monday"] } },
  { frequency: "Month", interval: 1, schedule: { hours: [8], minutes: [0], monthDays: [1] } },
  { frequency: "Day", interval: 1, schedule: { hours: [8, 9], minutes: [0] } },
  { frequency: "Week", interval: 1, schedule: { hours: [], minutes: [] } },
  { frequency: "Hour", interval: 1 },
])("nor is $frequency of $interval", (recurrence) => {
  const schedule = { status: "Enabled", action: "Start", triggerType: "Recurrence" } as const;
  expect(planOf({ ...schedule, recurrence })).toBeNull();
});

test("a plan needs a time and a day", () => {
  expect(isComplete(PLAN)).toBe(true);
  expect(isComplete({ ...PLAN, days: [] })).toBe(false);
  expect(isComplete({ ...PLAN, time: "" })).toBe(false);
});

test("a zone of Windows' name stays among those to choose", () => {
  expect(zones("Korea Standard Time")).toContain("Korea Standard Time");
  expect(zones("Asia/Seoul").filter((each) => each === "Asia/Seoul")).toHaveLength(1);
});

test("what is next is the soonest of those that come", () => {
  const at = (id: string, nextFireTime: string | null): Schedule => ({
    ...written(PLAN),
    id,
    nextFireTime,
    lastFiring: null,
  });
  const all = [
    at("never", null),
    at("late", "2026-06-02T00:00:00Z"),
    at("soon", "2026-06-01T00:00:00Z"),
  ];
  expect(soonest(all)?.id).toBe("soon");
  expect(soonest([])).toBeUndefined();
});
