/** What starts and stops an instance by itself. */
import { sendJson } from "@/api/client";
import { computesUrl } from "@/api/computes";
import type { Place } from "@/app/where";

export const WEEK_DAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;
export type WeekDay = (typeof WEEK_DAYS)[number];

export type PowerAction = "Start" | "Stop";

export interface Timing {
  readonly startTime?: string | null;
  readonly timeZone?: string | null;
}

export interface Cron extends Timing {
  readonly expression: string;
}

export interface Recurrence extends Timing {
  readonly frequency: string;
  readonly interval: number;
  readonly schedule?: {
    readonly hours?: readonly number[];
    readonly minutes?: readonly number[];
    readonly weekDays?: readonly string[];
    readonly monthDays?: readonly number[];
  } | null;
}

/** A schedule as the API takes it. */
export interface WrittenSchedule {
  readonly id?: string;
  readonly status: string;
  readonly action: PowerAction;
  readonly triggerType: string;
  readonly cron?: Cron | null;
  readonly recurrence?: Recurrence | null;
}

/** And as it serves it. */
export interface Schedule extends WrittenSchedule {
  readonly id: string;
  readonly nextFireTime: string | null;
  readonly lastFiring: {
    readonly dueTime: string;
    readonly result: string;
    readonly reason: string | null;
  } | null;
}

/** Replace the schedules of an instance; one that keeps its id goes on with what it awaits. */
export const setSchedules = (place: Place, name: string, all: readonly WrittenSchedule[]) =>
  sendJson("POST", computesUrl(place, name, "updateSchedules"), { computeStartStop: all });
