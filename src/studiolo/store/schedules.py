"""Schedules of an instance as the JSON of its column."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from studiolo.domain.schedules import (
    Action,
    Cron,
    Firing,
    Frequency,
    Recurrence,
    Result,
    Schedule,
)

_NUMBERS = ("hours", "minutes", "week_days", "month_days")


def column(schedules: Sequence[Schedule]) -> list[dict[str, Any]] | None:
    """What is stored; None for none."""
    return [_written(each) for each in schedules] or None


def read(stored: Sequence[dict[str, Any]] | None) -> tuple[Schedule, ...]:
    """The way back."""
    return tuple(_schedule(each) for each in stored or ())


def _written(each: Schedule) -> dict[str, Any]:
    return {
        "id": each.id,
        "action": each.action.value,
        "enabled": each.enabled,
        "trigger": _trigger_written(each.trigger),
        "zone": each.zone,
        "start": each.start,
        "anchor": each.anchor.isoformat(),
        "due": each.due.isoformat() if each.due else None,
        "last": _firing_written(each.last) if each.last else None,
    }


def _trigger_written(trigger: Cron | Recurrence) -> dict[str, Any]:
    if isinstance(trigger, Cron):
        return {"expression": trigger.expression}
    numbers = {name: list(getattr(trigger, name)) for name in _NUMBERS}
    return {"frequency": trigger.frequency.value, "interval": trigger.interval, **numbers}


def _firing_written(firing: Firing) -> dict[str, Any]:
    return {
        "due": firing.due.isoformat(),
        "at": firing.at.isoformat(),
        "result": firing.result.value,
        "reason": firing.reason,
    }


def _schedule(stored: dict[str, Any]) -> Schedule:
    last = stored["last"]
    return Schedule(
        id=stored["id"],
        action=Action(stored["action"]),
        enabled=stored["enabled"],
        trigger=_trigger(stored["trigger"]),
        zone=stored["zone"],
        start=stored["start"],
        anchor=datetime.fromisoformat(stored["anchor"]),
        due=datetime.fromisoformat(stored["due"]) if stored["due"] else None,
        last=_firing(last) if last else None,
    )


def _trigger(stored: dict[str, Any]) -> Cron | Recurrence:
    if "expression" in stored:
        return Cron(stored["expression"])
    numbers = {name: tuple(stored[name]) for name in _NUMBERS}
    return Recurrence(Frequency(stored["frequency"]), stored["interval"], **numbers)


def _firing(stored: dict[str, Any]) -> Firing:
    return Firing(
        due=datetime.fromisoformat(stored["due"]),
        at=datetime.fromisoformat(stored["at"]),
        result=Result(stored["result"]),
        reason=stored["reason"],
    )
