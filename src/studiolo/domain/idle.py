"""Idle shutdown: when a machine counts as used, since when it is not, and when it is stopped.

Used is what a person or their program does in it, as Azure Machine Learning counts it for what
Studiolo has: a kernel that computes, a command in the foreground of a terminal; and the last
activity of kernels, terminals and Jupyter's files counts from its instant. A page, a notebook or a
terminal that is only open is no use, and neither is what runs in the background. A start and a
change of the instance's settings are a person's doing too.

The agent tells all of it, and Jupyter keeps it; nothing of it is stored. An agent that does not
say what is done is no sign of idleness: nothing is stopped that cannot be seen. What was done
before an agent's own start it may not know, so idleness is counted from then at the earliest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from studiolo.domain.errors import InvalidInput
from studiolo.domain.resources import Compute

SETTING = "idleTimeBeforeShutdown"
"""Azure's field of `properties.properties`."""

LEAST = timedelta(minutes=15)
MOST = timedelta(days=3)
"""Azure's limits; see "Enable idle shutdown" in its "Manage a compute instance"."""

_DURATION = re.compile(
    r"P(?=[\dT])(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.ASCII
)


def checked(text: str, target: str) -> str:
    """An idle time in its stored spelling, minutes first: `PT30M`.

    azure-ai-ml reads minutes and nothing else, so that is what every duration becomes.

    :param text: an ISO 8601 duration of whole days, hours, minutes and seconds.
    :raises InvalidInput: it is none, or not within Azure's limits.
    """
    limit = _parsed(text)
    if limit is None:
        raise InvalidInput(
            f"'{target}' cannot be '{text[:80]}': give an ISO 8601 duration, for example 'PT30M' "
            "for 30 minutes.",
            target=target,
        )
    if not LEAST <= limit <= MOST:
        raise InvalidInput(
            f"'{target}' cannot be '{text[:80]}': it is at least 15 minutes (PT15M) and at most 3 "
            "days (P3D).",
            target=target,
        )
    minutes, seconds = divmod(int(limit.total_seconds()), 60)
    return f"PT{minutes}M" + (f"{seconds}S" if seconds else "")


def limit_of(compute: Compute) -> timedelta | None:
    """How long the instance may be idle; None where that is for ever."""
    said = compute.spec.get(SETTING)
    return _parsed(said) if isinstance(said, str) else None


def _parsed(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return timedelta.max


@dataclass(frozen=True, slots=True)
class Use:
    """What an agent says of what is done in its machine.

    :param started_at: the agent's own start.
    :param last: when something was last done; None for not since its start.
    :param busy: one sentence for each thing that is being done.
    """

    started_at: datetime
    last: datetime | None
    busy: tuple[str, ...]


def use_of(status: Mapping[str, Any]) -> Use | None:
    """Read an agent's status; None where it does not say.

    It comes from where people run their own programs, and may be anything.
    """
    activity = status.get("activity")
    started_at = _instant(status.get("startedAt"))
    if not isinstance(activity, Mapping) or started_at is None:
        return None
    last, reasons = activity.get("lastActivity"), activity.get("reasons")
    if not isinstance(reasons, list) or (last is not None and _instant(last) is None):
        return None
    busy = tuple(str(each) for each in reasons)
    if activity.get("busy") and not busy:
        busy = ("Something runs in it.",)
    return Use(started_at, _instant(last), busy)


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Idleness:
    """How idle a machine is.

    :param since: from when it has not been used; None while it is.
    :param busy: what it is used for.
    :param shutdown_at: when it is stopped if nobody uses it before; None where it is not.
    """

    since: datetime | None
    busy: tuple[str, ...] = ()
    shutdown_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it is to be stopped."""
        return self.shutdown_at is not None and now >= self.shutdown_at


def idleness(compute: Compute, use: Use, now: datetime) -> Idleness:
    """How idle a running instance is.

    A clock in the machine that is ahead of ours cannot make it idle later than now.
    """
    if use.busy:
        return Idleness(None, use.busy)
    told = [compute.state_since, use.started_at, use.last]
    told.append(compute.stamp.modified_at if compute.stamp else None)
    since = min(max(each for each in told if each is not None), now)
    limit = limit_of(compute)
    return Idleness(since, shutdown_at=since + limit if limit is not None else None)
