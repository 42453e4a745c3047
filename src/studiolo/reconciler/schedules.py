"""Starts and stops instances when their schedules say so.

Level-triggered: each instance stores when the first of its schedules is due, and a look asks for
those whose time has come. What a firing does and what is due next are one write, guarded by the
ETag: a process that dies before it leaves the firing due, and of two replicas one finds another
ETag. While an instance is on its way to a state that would allow it, a firing waits.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

import structlog

from studiolo.clock import Clock
from studiolo.domain import lifecycle
from studiolo.domain.errors import StudioloError
from studiolo.domain.resources import ActivityEntry, Compute, Trigger
from studiolo.domain.schedules import FAILED, Action, Result, Schedule, Turn, turn
from studiolo.domain.states import TRANSIENT, Event, State
from studiolo.reconciler.unasked import action_of, begin
from studiolo.store.database import Database
from studiolo.store.transaction import Transaction

log = structlog.get_logger(__name__)

_EVENTS = {Action.START: Event.START, Action.STOP: Event.STOP}

CALLER = "Schedule"
"""Who the activity log names: nobody was there."""


@dataclass(frozen=True, slots=True)
class _Acted:
    """What a turn makes of an instance.

    :param asked: the instance is on its way by this turn.
    """

    after: Compute
    result: Result
    reason: str = ""
    asked: bool = False


class Schedules:
    """One round looks at every instance that has a schedule due.

    :param locations: regions whose instances are looked at.
    """

    def __init__(self, database: Database, locations: tuple[str, ...], *, clock: Clock) -> None:
        self._database = database
        self._locations = locations
        self._clock = clock

    async def round(self) -> int:
        """Honour what is due; returns how many instances were written."""
        async with self._database.reading() as tx:
            due = await tx.computes.firing(self._locations, self._clock())
        return sum([await self._guarded(each) for each in due])

    async def _guarded(self, compute: str) -> bool:
        try:
            async with self._database.transaction() as tx:
                return await self._honour(tx, compute)
        except Exception:
            # It is still due, and tried again in the next round; the others must not wait for it.
            log.exception("a schedule could not be honoured yet", compute=compute)
            return False

    async def _honour(self, tx: Transaction, compute_id: str) -> bool:
        now = self._clock()
        found = await tx.computes.by_id(compute_id)
        if found is None or found.state is State.DELETING:
            return False
        due = turn(found.schedules, now)
        acted = _act(found, due, now) if due is not None else None
        if due is None or acted is None:
            return False
        after = replace(acted.after, schedules=due.ended(now, acted.result, acted.reason))
        if not await tx.computes.save(after, if_etag=found.etag, due_at=now):
            return False  # somebody changed it meanwhile; the next round sees what it is now
        await _record(tx, after, due, acted, now)
        return True


def _act(found: Compute, due: Turn, now: datetime) -> _Acted | None:
    """What becomes of the instance; None to wait until it can be told."""
    etag = uuid4().hex
    if due.chosen is None:
        return _Acted(replace(found, etag=etag), Result.MISSED)
    event = _EVENTS[due.chosen.action]
    if lifecycle.already(found, event):
        return _Acted(replace(found, etag=etag), Result.ACCEPTED)
    try:
        after = lifecycle.request(found, event, now, etag, Trigger.SCHEDULE)
    except StudioloError as error:
        if found.state in TRANSIENT:
            return None
        return _Acted(replace(found, etag=etag), Result.REFUSED, error.message)
    return _Acted(after, Result.ACCEPTED, asked=True)


async def _record(tx: Transaction, after: Compute, due: Turn, acted: _Acted, now: datetime) -> None:
    """The operation of what was asked, and a line of the log for all that a person should know."""
    if due.chosen is not None and acted.asked:
        why = f"schedule {due.chosen.id}, due {due.due:%Y-%m-%d %H:%M} UTC"
        await begin(tx, after, _EVENTS[due.chosen.action], now, who=CALLER, why=why)
    for each in after.schedules:
        if each.last is not None and each.last.at == now and each.last.result in FAILED:
            await tx.activity.add(_failed(after, each, each.last.reason, now))


def _failed(compute: Compute, schedule: Schedule, reason: str, now: datetime) -> ActivityEntry:
    return ActivityEntry(
        at=now,
        principal="",
        principal_name=CALLER,
        operation=action_of(_EVENTS[schedule.action]),
        scope=compute.arm_id,
        status="Failed",
        correlation=str(uuid4()),
        detail=f"schedule {schedule.id}: {reason}",
    )
