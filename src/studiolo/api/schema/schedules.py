"""What starts and stops a compute instance by itself, as Azure's clients read it."""

from typing import Literal

from pydantic import Field

from studiolo.api.schema.base import Answer, Instant
from studiolo.domain.schedules import MOST, Action, Frequency, Result


class ComputeCron(Answer):
    """By the five fields of a cron expression, in the wall time of a zone."""

    expression: str
    start_time: str | None
    time_zone: str


class ComputeRecurrencePattern(Answer):
    """When in a day, and on which days; what is empty is the start's own."""

    hours: list[int]
    minutes: list[int]
    week_days: list[
        Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    ]
    month_days: list[int]


class ComputeRecurrence(Answer):
    """In every so many minutes, hours, days, weeks or months, in the wall time of a zone."""

    frequency: Frequency
    interval: int
    start_time: str | None
    time_zone: str
    schedule: ComputeRecurrencePattern


class ComputeFiring(Answer):
    """How a schedule fired last: when it was due, when that was dealt with, and what came of it."""

    due_time: Instant
    time: Instant
    result: Result
    reason: str | None


class ComputeStartStopSchedule(Answer):
    """One schedule. `nextFireTime` and `lastFiring` are not Azure's."""

    id: str
    provisioning_status: Literal["Completed"]
    status: Literal["Enabled", "Disabled"]
    action: Action
    trigger_type: Literal["Cron", "Recurrence"]
    cron: ComputeCron | None
    recurrence: ComputeRecurrence | None
    schedule: None
    next_fire_time: Instant | None
    last_firing: ComputeFiring | None


class ComputeSchedules(Answer):
    """All schedules of an instance."""

    compute_start_stop: list[ComputeStartStopSchedule] = Field(max_length=MOST)
