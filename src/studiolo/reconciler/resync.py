"""Compares every machine of a region with the store: one list, one narrow query.

This is what makes the reconciler level-triggered. Hints and due times only save time; whatever they
miss (a guest that powered itself off, a machine somebody removed, a row that was restored from a
backup) differs here and is looked at.
"""

from collections.abc import Mapping

from studiolo.clock import Clock
from studiolo.domain.decide import at_rest
from studiolo.domain.machine import Observation, Presence
from studiolo.domain.states import Event, State, accepts
from studiolo.engines.base import Engine, Unreachable
from studiolo.reconciler.networks import remove_strays
from studiolo.reconciler.orphans import Orphans
from studiolo.reconciler.outages import Outages
from studiolo.store.database import Database

States = Mapping[str, tuple[State, int]]
"""State and generation of every instance of a region, by id."""

_ABSENT = Observation.absent()


class Resync:
    """Wakes instances that differ from their machines, and hands orphans on.

    `running` holds, by region and in order, the ids of running machines as last seen, for health
    checks.
    """

    def __init__(
        self, database: Database, outages: Outages, orphans: Orphans, *, clock: Clock
    ) -> None:
        self._database = database
        self._outages = outages
        self._orphans = orphans
        self._clock = clock
        self.running: dict[str, list[str]] = {}

    async def sweep(self, location: str, engine: Engine) -> int:
        """Compare one region.

        :returns: how many instances were woken.
        """
        try:
            # First the machines, then the rows: a machine that was just made has a row by then.
            owned = await engine.list_owned()
        except Unreachable:
            self._outages.silent(location)
            return await self._wake_lost(location)
        # A machine's own silence ends when the machine itself is looked at, not here: a cluster
        # takes some seconds to see that a member is down.
        self._outages.answered(location)
        states = await self._states(location)
        self.running[location] = sorted(
            each
            for each, (state, _) in states.items()
            if state is State.RUNNING and each in owned and _in_reach(owned[each])
        )
        woken = differing(states, owned)
        await self._wake(woken)
        await self._orphans.settle(location, engine, owned.keys() - states.keys())
        await remove_strays(self._database, location, engine)
        return len(woken)

    async def _states(self, location: str) -> States:
        async with self._database.reading() as tx:
            return await tx.computes.all_states(location)

    async def _wake_lost(self, location: str) -> int:
        """Once the silence has lasted, look at every instance whose state is no longer known."""
        if not self._outages.lasting(location):
            return 0
        states = await self._states(location)
        lost = [each for each, (state, _) in states.items() if accepts(state, Event.LOST)]
        await self._wake(lost)
        return len(lost)

    async def _wake(self, ids: list[str]) -> None:
        if ids:
            async with self._database.transaction() as tx:
                await tx.leases.wake(ids, now=self._clock())


def _in_reach(seen: Observation) -> bool:
    return seen.presence is not Presence.UNREACHABLE


def differing(states: States, owned: Mapping[str, Observation]) -> list[str]:
    """Ids of the instances whose machine is not as their state says, or that owe an end."""
    return [
        each
        for each, (state, generation) in states.items()
        if not at_rest(state, generation, owned.get(each, _ABSENT))
    ]
