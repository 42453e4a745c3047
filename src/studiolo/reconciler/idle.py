"""Stops running instances that nobody has used for as long as they may be idle.

Since when a machine is idle is its agent's to say, at every look anew; nothing of it is stored. The
next look is due when the instance would have been idle for long enough had nobody used it since the
last, so an agent is asked a few times in its limit. When that is, is kept in memory only: after a
restart, and by every replica, each agent is asked once more.

An agent is asked immediately before its instance is stopped, and the stop is stored only if the
instance is still what it was before the agent was asked. So whoever uses it or asks for something
in between goes first, and of two replicas one stops it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import structlog

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain import lifecycle
from studiolo.domain.idle import SETTING, Idleness, Use, idleness, limit_of, use_of
from studiolo.domain.machine import Endpoint
from studiolo.domain.resources import Compute, Trigger
from studiolo.domain.states import Event, State
from studiolo.engines.agent_client import AgentError
from studiolo.engines.base import Engine, EngineError
from studiolo.reconciler.unasked import begin
from studiolo.store.database import Database
from studiolo.store.transaction import Transaction

WHO = "Idle shutdown"
"""The activity log's caller of these stops: nobody asked for them."""

_AGAIN = timedelta(seconds=60)
"""When an agent that did not say is asked again."""

_AT_A_TIME = 8
_MOST = 200
"""Agents asked in one round; the others' turn is the next one."""

_SECONDS = 10.0
"""How long a machine's engine and agent may take to answer."""

log = structlog.get_logger(__name__)


class Agents(Protocol):
    """Asks agents: :class:`studiolo.engines.agent_client.AgentClient`."""

    async def status(self, endpoint: Endpoint) -> Mapping[str, Any]:
        """:raises AgentError: the agent did not say."""


@dataclass(frozen=True, slots=True)
class _Next:
    """When an instance is due for a look, as long as it is the version with this ETag."""

    etag: str
    at: datetime


class IdleShutdown:
    """Looks at the running instances that have an idle time."""

    def __init__(self, database: Database, agents: Agents, *, clock: Clock) -> None:
        self._database = database
        self._agents = agents
        self._clock = clock
        self._next: dict[str, dict[str, _Next]] = {}

    async def round(self, location: str, engine: Engine) -> int:
        """Look at whatever is due in a region; returns how many instances were told to stop."""
        async with self._database.reading() as tx:
            present = await tx.computes.with_idle_shutdown(location)
            found = await tx.computes.by_ids(self._due(location, present))
        gate = asyncio.Semaphore(_AT_A_TIME)
        looks = (self._look(engine, each, gate) for each in found.values())
        return sum(await asyncio.gather(*looks))

    def _due(self, location: str, present: Mapping[str, str]) -> Sequence[str]:
        """Ids of what is due, longest due first; what is no longer there is forgotten."""
        known = self._next.get(location, {})
        self._next[location] = kept = {
            each: known[each]
            for each, etag in present.items()
            if each in known and known[each].etag == etag
        }
        now = self._clock()
        due = [each for each in kept if kept[each].at <= now]
        new = [each for each in present if each not in kept]
        return (sorted(due, key=lambda each: kept[each].at) + new)[:_MOST]

    async def _look(self, engine: Engine, compute: Compute, gate: asyncio.Semaphore) -> bool:
        """Ask the agent of one instance, and stop it if it has been idle for long enough."""
        limit = limit_of(compute)
        if limit is None or compute.state is not State.RUNNING:
            return False
        async with gate:
            use = await self._ask(engine, compute)
        now = self._clock()
        if use is None:
            return self._note(compute, now + _AGAIN)
        found = idleness(compute, use, now)
        if not found.is_over(now):
            return self._note(compute, found.shutdown_at or now + limit)
        faults.point("idle.before_stop")
        async with self._database.transaction() as tx:
            stopped = await _stop(tx, compute, found, now)
        faults.point("idle.stopped")
        told = "idle instance told to stop" if stopped else "idle instance was changed meanwhile"
        log.info(told, compute=compute.id, name=compute.name)
        return stopped

    def _note(self, compute: Compute, at: datetime) -> bool:
        self._next[compute.location][compute.id] = _Next(compute.etag, at)
        return False

    async def _ask(self, engine: Engine, compute: Compute) -> Use | None:
        """What the agent says; None where it does not, which is no sign of idleness."""
        try:
            async with asyncio.timeout(_SECONDS):
                endpoint = await engine.endpoint(compute.id)
                if endpoint is None:
                    return None
                return use_of(await self._agents.status(endpoint))
        except (EngineError, AgentError, TimeoutError) as error:
            log.debug("agent not heard", compute=compute.id, reason=str(error))
            return None


async def _stop(tx: Transaction, compute: Compute, found: Idleness, now: datetime) -> bool:
    """What a person's stop stores, by nobody; False if the instance is no longer what it was."""
    stopping = lifecycle.request(compute, Event.STOP, now, uuid4().hex, Trigger.IDLE_SHUTDOWN)
    if not await tx.computes.save(stopping, if_etag=compute.etag, due_at=now):
        return False
    await begin(tx, stopping, Event.STOP, now, who=WHO, why=_told(compute, found))
    return True


def _told(compute: Compute, found: Idleness) -> str:
    since = found.since.strftime("%Y-%m-%d %H:%M:%S UTC") if found.since else "its start"
    return f"Idle since {since}; {SETTING} is {compute.spec.get(SETTING)}."
