"""The reconciler: claims what is due, drives it, and compares everything now and then.

It keeps nothing in memory that matters. Several replicas may run on one database; the claims see to
it that no two act on one machine. Each part below runs by itself and survives its own errors, so
that a database that is away for a while stops nothing for good.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from studiolo.clock import Clock, utc_now
from studiolo.engines.agent_client import AgentClient
from studiolo.engines.base import Engine
from studiolo.files.shares import WorkspaceShares
from studiolo.reconciler.claims import Claim, Claims
from studiolo.reconciler.computes import ComputeDriver, Sleep
from studiolo.reconciler.groups import Groups
from studiolo.reconciler.health import Health
from studiolo.reconciler.idle import Agents, IdleShutdown
from studiolo.reconciler.listening import Listening
from studiolo.reconciler.members import Members
from studiolo.reconciler.moving import move_on
from studiolo.reconciler.orphans import Orphans
from studiolo.reconciler.outages import Outages
from studiolo.reconciler.outcomes import Outcomes
from studiolo.reconciler.pace import Pace
from studiolo.reconciler.purge import purge
from studiolo.reconciler.resync import Resync
from studiolo.reconciler.schedules import Schedules
from studiolo.reconciler.specs import Specs
from studiolo.reconciler.workspaces import Workspaces
from studiolo.store.database import Database

log = structlog.get_logger(__name__)

_HEALTH_TICK = 1.0

_GATHER = 0.02
"""Seconds for which hints are gathered while there is much to do, so that a look at the database
answers several; short enough for nobody to notice."""


class Reconciler:
    """Drives every instance of the regions in `engines` to its desired state.

    :param engines: one per region, by location.
    :param clock: the wall clock, which leases and deadlines are measured by.
    :param alone: no other replica can run on this database (SQLite, behind the control plane's
        lock), so claims that are found at the start belong to a process that has died: work goes on
        at once, not when they run out.
    :param sleep: waits between two looks at a machine that is on its way.
    :param shares: the workspaces' file shares; None where the engine's machines have none.
    :param agents: asks machines what is done in them.
    """

    def __init__(
        self,
        database: Database,
        engines: Mapping[str, Engine],
        specs: Specs,
        *,
        pace: Pace | None = None,
        clock: Clock = utc_now,
        alone: bool = False,
        sleep: Sleep = asyncio.sleep,
        shares: WorkspaceShares | None = None,
        agents: Agents | None = None,
    ) -> None:
        self._database = database
        self._engines = engines
        self._pace = pace = pace or Pace()
        self._clock = clock
        self._alone = alone
        self._hinted = asyncio.Event()
        self._changed = asyncio.Event()
        self._drives: set[asyncio.Task[None]] = set()
        outages = Outages(clock, pace.outage_grace)
        outcomes = Outcomes(database, clock, self.hint)
        self.claims = Claims(database, tuple(engines), clock, pace.lease)
        self._driver = ComputeDriver(
            database,
            engines,
            specs,
            self.claims,
            outcomes,
            outages,
            clock=clock,
            sleep=sleep,
            pace=pace,
            shares=shares,
        )
        self._orphans = Orphans(database)
        self._resync = Resync(database, outages, self._orphans, clock=clock)
        self._health = Health(database, clock=clock, pace=pace)
        self._idle = IdleShutdown(database, agents or AgentClient(), clock=clock)
        self._listener = Listening(database, clock=clock, woken=self._hinted.set)
        self._workspaces = Workspaces(database, clock=clock, shares=shares)
        self._groups = Groups(database, clock=clock)
        self._schedules = Schedules(database, tuple(engines), clock=clock)
        self._members = Members(database, clock=clock, patience=pace.move_patience)
        self._leave = {location: asyncio.Event() for location in engines}
        self._asked = {location: asyncio.Event() for location in engines}

    @property
    def orphans(self) -> Mapping[str, frozenset[str]]:
        """Ids of machines without an instance that are left alone, by region."""
        return self._orphans.reported

    def hint(self) -> None:
        """Something was stored that may be due. Only saves time: a hint may be lost."""
        self._hinted.set()
        self._changed.set()
        for each in self._asked.values():
            each.set()

    async def run(self) -> None:
        """Work until cancelled; then give every claim back, so that a successor need not wait."""
        if self._alone:
            await self.claims.inherit()
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in (
                    self._claiming,
                    self.claims.heartbeat,
                    *(self._sweeping(location) for location in self._engines),
                    *(self._checking(location) for location in self._engines),
                    *(self._idling(location) for location in self._engines),
                    *(self._listening(engine) for engine in self._engines.values()),
                    *(self._moving(location) for location in self._engines),
                    *(self._emptying(location) for location in self._engines),
                    self._deleting,
                    self._scheduling,
                    self._purging,
                ):
                    tasks.create_task(self._forever(part))
        finally:
            await self._end_drives()

    async def _forever(self, part: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await part()
            except Exception:
                # Whatever it was (mostly a database that is away), the part goes on.
                log.exception("a part of the reconciler failed and goes on", part=part.__name__)
                await asyncio.sleep(self._pace.poll)

    async def _end_drives(self) -> None:
        for task in self._drives:
            task.cancel()
        await asyncio.gather(*self._drives, return_exceptions=True)

    # --- due work ---------------------------------------------------------------------------

    async def _claiming(self) -> None:
        if self._drives:
            await asyncio.sleep(_GATHER)
        self._hinted.clear()
        if await self.claim_due() == 0:
            await _wait(self._hinted, self._pace.poll)

    async def claim_due(self) -> int:
        """Claim what is due, as far as there is room, and start driving it."""
        room = self._pace.claims - len(self.claims)
        claimed = await self.claims.take(room) if room > 0 else []
        for claim in claimed:
            task = asyncio.create_task(self._drive(claim))
            self._drives.add(task)
            task.add_done_callback(self._driven)
        return len(claimed)

    def _driven(self, task: asyncio.Task[None]) -> None:
        self._drives.discard(task)
        # There is room for another.
        self._hinted.set()

    async def _drive(self, claim: Claim) -> None:
        try:
            again_in = await self._driver.drive(claim)
        except Exception:
            # The claim runs out by itself, and the instance is still due.
            log.exception("drive failed", compute=claim.compute.id)
            return
        if again_in is not None and again_in < self._pace.poll:
            asyncio.get_running_loop().call_later(again_in, self._hinted.set)

    async def settled(self) -> None:
        """Wait until nothing that was claimed is under work; for tests."""
        while self._drives:
            await asyncio.gather(*self._drives, return_exceptions=True)

    # --- level, health, deletes, purge ------------------------------------------------------

    def _sweeping(self, location: str) -> Callable[[], Awaitable[None]]:
        """A part for each region: one that hangs must not hold up the others."""

        async def sweeping() -> None:
            await self._sweep(location)
            await asyncio.sleep(self._pace.resync)

        return sweeping

    async def sweep(self) -> int:
        """Compare every region with the store; returns how many instances were woken."""
        return sum([await self._sweep(location) for location in self._engines])

    async def _sweep(self, location: str) -> int:
        woken = await self._resync.sweep(location, self._engines[location])
        if woken:
            self._hinted.set()
        return woken

    def _listening(self, engine: Engine) -> Callable[[], Awaitable[None]]:
        async def listening() -> None:
            await self._listener.listen(engine)

        return listening

    def _moving(self, location: str) -> Callable[[], Awaitable[None]]:
        async def moving() -> None:
            self._leave[location].clear()
            await self.move_on(location)
            await _wait(self._leave[location], self._pace.resync)

        return moving

    async def move_on(self, location: str) -> None:
        """Move what must leave its host, and remember what stayed."""
        began = self._clock()
        stuck = await move_on(self._engines[location], location)
        self._members.tried(location, stuck, began)

    def _emptying(self, location: str) -> Callable[[], Awaitable[None]]:
        """A part of its own: while a large disk is on its way, a member can still be restored."""

        async def emptying() -> None:
            self._asked[location].clear()
            await self.empty_members(location)
            await _wait(self._asked[location], self._pace.poll)

        return emptying

    async def empty_members(self, location: str) -> None:
        """Do the next step of every evacuation and restore of a region's members."""
        if await self._members.round(location, self._engines[location]):
            self._leave[location].set()

    def _checking(self, location: str) -> Callable[[], Awaitable[None]]:
        async def checking() -> None:
            await asyncio.sleep(_HEALTH_TICK)
            await self._check(location)

        return checking

    async def check_health(self) -> None:
        """Ask the agents whose turn it is."""
        for location in self._engines:
            await self._check(location)

    async def _check(self, location: str) -> None:
        running = self._resync.running.get(location, [])
        if await self._health.check(location, self._engines[location], running):
            self._hinted.set()

    def _idling(self, location: str) -> Callable[[], Awaitable[None]]:
        async def idling() -> None:
            await asyncio.sleep(self._pace.idle)
            await self._stop_idle(location)

        return idling

    async def stop_idle(self) -> int:
        """Stop what has been idle for long enough; returns how many instances that are."""
        return sum([await self._stop_idle(location) for location in self._engines])

    async def _stop_idle(self, location: str) -> int:
        stopped = await self._idle.round(location, self._engines[location])
        if stopped:
            self._hinted.set()
        return stopped

    async def _deleting(self) -> None:
        await _wait(self._changed, self._pace.poll)
        await asyncio.sleep(_GATHER)
        self._changed.clear()
        await self.delete_containers()

    async def delete_containers(self) -> None:
        """Do the next step of every delete of a workspace or resource group."""
        steps = await self._groups.round() + await self._workspaces.round()
        if steps:
            self.hint()

    async def _scheduling(self) -> None:
        await self.honour_schedules()
        await asyncio.sleep(self._pace.poll)

    async def honour_schedules(self) -> int:
        """Start and stop what is due to; returns how many instances were written."""
        written = await self._schedules.round()
        if written:
            self.hint()
        return written

    async def _purging(self) -> None:
        await self.purge()
        await asyncio.sleep(self._pace.housekeeping)

    async def purge(self) -> None:
        """Forget what nobody can ask for any more."""
        await purge(self._database, self._clock, self._pace.keep_days)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
