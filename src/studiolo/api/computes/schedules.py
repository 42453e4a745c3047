"""Schedules between the wire and the domain: what a client may write, and what it reads.

The system's own fields (`provisioningStatus`, `nextFireTime`, `lastFiring`, and Azure's deprecated
`schedule`) are left out of what is written, so that what was read can be sent back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import model_validator

from studiolo.api.arm.bodies import ArmModel
from studiolo.api.arm.rendering import instant
from studiolo.domain.errors import Detail, InvalidInput
from studiolo.domain.resources import Compute
from studiolo.domain.schedules import (
    FAILED,
    LONGEST,
    MOST,
    WEEK_DAYS,
    Action,
    BadExpression,
    Cron,
    Frequency,
    Recurrence,
    Schedule,
    merged,
)
from studiolo.domain.zones import known_zone, wall_of, zone_of

PATH = "properties.properties.schedules."
"""What stands before `computeStartStop` in a compute's body."""

LIST = "computeStartStop"

_READ_ONLY = frozenset({"provisioningStatus", "schedule", "nextFireTime", "lastFiring"})

_DEFAULT_ZONE = "UTC"

_SHOWN = 80
"""Characters of a client's text in an error."""

_YEARS = range(1970, 2200)

_UNSAID = datetime(2024, 1, 1)  # noqa: DTZ001 - a wall clock shows no zone
"""Stands for a start that is not said, until the schedule is stored."""

Word = TypeVar("Word", bound=StrEnum)


class _TimingBody(ArmModel):
    """What `Cron` and `Recurrence` share.

    azure-ai-ml sends the fields of a job's trigger, too: `triggerType` again, and an `endTime`,
    which a compute's schedule has not, as null.
    """

    start_time: str | None = None
    time_zone: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_jobs_own(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        unsaid = {"triggerType"} | ({"endTime"} if value.get("endTime") is None else set())
        return {key: each for key, each in value.items() if key not in unsaid}


class CronBody(_TimingBody):
    """Azure's `Cron`."""

    expression: str


class PatternBody(ArmModel):
    """Azure's `ComputeRecurrenceSchedule`."""

    hours: list[int] | None = None
    minutes: list[int] | None = None
    week_days: list[str] | None = None
    month_days: list[int] | None = None


class RecurrenceBody(_TimingBody):
    """Azure's `Recurrence`."""

    frequency: str
    interval: int
    schedule: PatternBody | None = None


class ScheduleBody(ArmModel):
    """Azure's `ComputeStartStopSchedule`."""

    id: str | None = None
    status: str | None = None
    action: str
    trigger_type: str
    cron: CronBody | None = None
    recurrence: RecurrenceBody | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_read_only(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {key: each for key, each in value.items() if key not in _READ_ONLY}


class SchedulesBody(ArmModel):
    """Azure's `ComputeSchedules`; `{}` says nothing, as null does, and an empty list "none"."""

    compute_start_stop: list[ScheduleBody] | None = None


class _Status(StrEnum):
    ENABLED = "Enabled"
    DISABLED = "Disabled"


class _TriggerType(StrEnum):
    CRON = "Cron"
    RECURRENCE = "Recurrence"


# --- what is written ------------------------------------------------------------------------


def said(body: SchedulesBody | None) -> tuple[Schedule, ...] | None:
    """As :func:`read`, of a compute's body; None if it says nothing of schedules."""
    if body is None or body.compute_start_stop is None:
        return None
    return read(body.compute_start_stop)


def read(given: Sequence[ScheduleBody], path: str = PATH) -> tuple[Schedule, ...]:
    """The schedules that a body asks for, not begun yet.

    :param path: what stands before `computeStartStop` in an error's target.
    :raises InvalidInput: a value is wrong; the target names it.
    """
    if len(given) > MOST:
        raise InvalidInput(
            f"An instance has {MOST} schedules at most; these are {len(given)}.",
            target=f"{path}{LIST}",
        )
    found = tuple(_schedule(each, f"{path}{LIST}.{at}") for at, each in enumerate(given))
    ids = [each.id for each in found]
    for at, each in enumerate(ids):
        if each in ids[:at]:
            target = f"{path}{LIST}.{at}.id"
            raise InvalidInput(f"The schedule '{each[:_SHOWN]}' is there twice.", target=target)
    return found


def settle(
    stored: Sequence[Schedule], wanted: Sequence[Schedule], now: datetime, path: str = PATH
) -> tuple[Schedule, ...]:
    """The schedules to store.

    :param wanted: as :func:`read` gave them.
    :raises InvalidInput: one of them would never do anything.
    """
    known = {each.id for each in stored}
    own = [each if each.id in known else replace(each, id=str(uuid4())) for each in wanted]
    found = merged(stored, own, now)
    for at, each in enumerate(found):
        if each.enabled and each.due is None:
            raise InvalidInput(
                "No time matches this schedule: it would never do anything. Look at its days.",
                target=f"{path}{LIST}.{at}",
            )
    return found


def _schedule(body: ScheduleBody, at: str) -> Schedule:
    action = _word(Action, body.action, f"{at}.action")
    status = _word(_Status, body.status or _Status.ENABLED, f"{at}.status")
    kind = _word(_TriggerType, body.trigger_type, f"{at}.triggerType")
    timing = body.cron if kind is _TriggerType.CRON else body.recurrence
    name = f"{at}.{kind.value.lower()}"
    if timing is None:
        raise InvalidInput(f"'{name}' is required where the trigger is {kind}.", target=name)
    zone = _zone(timing.time_zone, f"{name}.timeZone")
    return Schedule(
        id=body.id or str(uuid4()),
        action=action,
        enabled=status is _Status.ENABLED,
        trigger=_cron(timing, name) if isinstance(timing, CronBody) else _recurrence(timing, name),
        zone=zone,
        start=timing.start_time,
        anchor=_start(timing.start_time, zone, f"{name}.startTime"),
    )


def _cron(body: CronBody, at: str) -> Cron:
    expression = " ".join(body.expression.split())
    target = f"{at}.expression"
    if expression.count(" ") != 4:
        raise InvalidInput(
            f"'{target}' has five fields: minute, hour, day of month, month and day of week; for "
            "example '0 18 * * 1-5'.",
            target=target,
        )
    made = Cron(expression)
    try:
        next(made.times(_UNSAID, _UNSAID), None)
    except BadExpression as error:
        raise InvalidInput(
            f"'{target}' is not valid: '{expression[:_SHOWN]}' is no cron expression ({error}).",
            target=target,
        ) from None
    return made


def _recurrence(body: RecurrenceBody, at: str) -> Recurrence:
    frequency = _word(Frequency, body.frequency, f"{at}.frequency")
    most = LONGEST[frequency]
    if not 1 <= body.interval <= most:
        unit = frequency.value.lower()
        raise InvalidInput(
            f"'{at}.interval' is from 1 to {most} of a {unit}, not {body.interval}.",
            target=f"{at}.interval",
        )
    pattern = body.schedule or PatternBody()
    _check_pattern(frequency, pattern, f"{at}.schedule")
    return Recurrence(
        frequency,
        body.interval,
        hours=_numbers(pattern.hours, 0, 23, f"{at}.schedule.hours"),
        minutes=_numbers(pattern.minutes, 0, 59, f"{at}.schedule.minutes"),
        week_days=_week_days(pattern.week_days, f"{at}.schedule.weekDays"),
        month_days=_numbers(pattern.month_days, 1, 31, f"{at}.schedule.monthDays"),
    )


def _check_pattern(frequency: Frequency, pattern: PatternBody, at: str) -> None:
    named = {name for name, value in pattern.model_dump(by_alias=True).items() if value}
    known: Mapping[Frequency, frozenset[str]] = {
        Frequency.DAY: frozenset({"hours", "minutes", "weekDays"}),
        Frequency.WEEK: frozenset({"hours", "minutes", "weekDays"}),
        Frequency.MONTH: frozenset({"hours", "minutes", "weekDays", "monthDays"}),
    }
    for name in sorted(named - known.get(frequency, frozenset())):
        raise InvalidInput(
            f"'{at}.{name}' has no meaning for a recurrence by the {frequency.value.lower()}. "
            "Leave it out.",
            target=f"{at}.{name}",
        )
    if {"weekDays", "monthDays"} <= named:
        raise InvalidInput(
            f"'{at}' names days of the week and of the month: say one of the two.",
            target=f"{at}.monthDays",
        )


def _numbers(given: Sequence[int] | None, low: int, high: int, at: str) -> tuple[int, ...]:
    for place, each in enumerate(given or ()):
        if not low <= each <= high:
            raise InvalidInput(
                f"'{at}' holds numbers from {low} to {high}, not {each}.", target=f"{at}.{place}"
            )
    return tuple(sorted(set(given or ())))


def _week_days(given: Sequence[str] | None, at: str) -> tuple[int, ...]:
    numbers = {name.lower(): number for number, name in enumerate(WEEK_DAYS)}
    for place, each in enumerate(given or ()):
        if each.lower() not in numbers:
            raise InvalidInput(
                f"'{each[:_SHOWN]}' is no day of the week; there are {', '.join(WEEK_DAYS)}.",
                target=f"{at}.{place}",
            )
    return tuple(sorted({numbers[each.lower()] for each in given or ()}))


def _zone(given: str | None, at: str) -> str:
    name = given or _DEFAULT_ZONE
    if not known_zone(name):
        raise InvalidInput(
            f"'{name[:_SHOWN]}' is no time zone. Say one by Windows' name, such as "
            "'Korea Standard Time', or by IANA's, such as 'Asia/Seoul'.",
            target=at,
        )
    return name


def _start(given: str | None, zone: str, at: str) -> datetime:
    if given is None:
        return _UNSAID
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise InvalidInput(
            f"'{at}' is a time from {_YEARS[0]} to {_YEARS[-1]} such as '2026-01-31T08:00:00', not "
            f"'{given[:_SHOWN]}'.",
            target=at,
        )
    wall = wall_of(found, zone_of(zone)) if found.tzinfo is not None else found
    return wall.replace(microsecond=0)


def _word(words: type[Word], given: str, at: str) -> Word:
    for each in words:
        if each.value.lower() == given.lower():
            return each
    offered = ", ".join(each.value for each in words)
    raise InvalidInput(f"'{at}' cannot be '{given[:_SHOWN]}'; it is one of: {offered}.", target=at)


# --- what is read ---------------------------------------------------------------------------


def rendered(schedules: Sequence[Schedule]) -> dict[str, Any] | None:
    """Azure's `ComputeSchedules`, each with its next firing and its last; None for none."""
    return {LIST: [_rendered(each) for each in schedules]} if schedules else None


def _rendered(each: Schedule) -> dict[str, Any]:
    cron = isinstance(each.trigger, Cron)
    return {
        "id": each.id,
        "provisioningStatus": "Completed",
        "status": (_Status.ENABLED if each.enabled else _Status.DISABLED).value,
        "action": each.action.value,
        "triggerType": (_TriggerType.CRON if cron else _TriggerType.RECURRENCE).value,
        "cron": _timing(each) if cron else None,
        "recurrence": None if cron else _timing(each),
        "schedule": None,
        "nextFireTime": instant(each.due) if each.due else None,
        "lastFiring": _last(each),
    }


def _timing(each: Schedule) -> dict[str, Any]:
    common = {"startTime": each.start, "timeZone": each.zone}
    trigger = each.trigger
    if isinstance(trigger, Cron):
        return {**common, "expression": trigger.expression}
    return {
        **common,
        "frequency": trigger.frequency.value,
        "interval": trigger.interval,
        "schedule": {
            "hours": list(trigger.hours),
            "minutes": list(trigger.minutes),
            "weekDays": [WEEK_DAYS[day] for day in trigger.week_days],
            "monthDays": list(trigger.month_days),
        },
    }


def _last(each: Schedule) -> dict[str, Any] | None:
    if each.last is None:
        return None
    return {
        "dueTime": instant(each.last.due),
        "time": instant(each.last.at),
        "result": each.last.result.value,
        "reason": each.last.reason or None,
    }


def notices(compute: Compute) -> list[Detail]:
    """What a person should know of firings that had no effect, until something else is asked."""
    return [
        Detail(
            "ScheduleFailed",
            f"The {each.action.value.lower()} that was scheduled for "
            f"{each.last.due:%Y-%m-%d %H:%M} UTC did not happen. {each.last.reason}",
        )
        for each in compute.schedules
        if each.last is not None
        and each.last.result in FAILED
        and each.last.at >= compute.last_operation.time
    ]
