"""Asks the agents of running machines whether they answer, rarely and evenly.

No claim and no write is needed while all is well: an agent that does not answer only wakes its
instance, whose driver looks for itself. The rate is bounded, so that ten thousand machines cost no
more per second than a few hundred, and take longer to go round.
"""

import asyncio
import math
from bisect import bisect_right

from studiolo.clock import Clock
from studiolo.engines.base import Engine, EngineError
from studiolo.reconciler.pace import Pace
from studiolo.store.database import Database

_AT_A_TIME = 4


class Health:
    """Goes round the running machines of every region."""

    def __init__(self, database: Database, *, clock: Clock, pace: Pace) -> None:
        self._database = database
        self._clock = clock
        self._pace = pace
        self._last: dict[str, str] = {}

    async def check(self, location: str, engine: Engine, running: list[str]) -> list[str]:
        """Check the machines whose turn it is in this second; wake and return the unwell.

        :param running: ids in order.
        """
        turn = self._turn(location, running)
        gate = asyncio.Semaphore(_AT_A_TIME)
        wells = await asyncio.gather(*(_is_well(engine, each, gate) for each in turn))
        unwell = [each for each, well in zip(turn, wells, strict=True) if not well]
        if unwell:
            async with self._database.transaction() as tx:
                await tx.leases.wake(unwell, now=self._clock())
        return unwell

    def _turn(self, location: str, running: list[str]) -> list[str]:
        """The next machines after those of the last turn, in the order of their ids."""
        wanted = min(math.ceil(len(running) / self._pace.health), self._pace.health_rate)
        start = bisect_right(running, self._last.get(location, ""))
        turn = running[start : start + wanted]
        turn += running[: wanted - len(turn)]
        if turn:
            self._last[location] = turn[-1]
        return turn


async def _is_well(engine: Engine, machine: str, gate: asyncio.Semaphore) -> bool:
    async with gate:
        try:
            seen = await engine.observe(machine)
        except EngineError:
            # An engine that does not answer is noticed by resync; it is no fault of the machine.
            return True
    return seen.healthy is not False
