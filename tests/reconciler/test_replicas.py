"""Two replicas on one database: one acts at a time, and what a stalled one finishes is dropped."""

import asyncio
import random
from collections.abc import Mapping

from studiolo.clock import utc_now
from studiolo.domain.machine import MachineSpec, Observation
from studiolo.domain.states import Event, State
from studiolo.engines.fake import FakeEngine, FakeWorld
from studiolo.reconciler import Pace, Reconciler
from studiolo.store.database import Database
from tests.support.reconciling import DEPLOYMENT, SPECS, Bench, MovedClock


class WatchedEngine(FakeEngine):
    """Notices two actions on one machine at a time, by whichever replica."""

    acting: dict[str, str]
    overlaps: list[str]
    actions: list[tuple[str, str]]

    def __init__(self, world: FakeWorld, shared: Mapping[str, object]) -> None:
        super().__init__(DEPLOYMENT, world=world)
        self.__dict__.update(shared)

    async def ensure(self, spec: MachineSpec) -> None:
        await self._watched("ensure", spec.id, super().ensure(spec))

    async def stop(self, machine_id: str, *, grace: float) -> None:
        await self._watched("stop", machine_id, super().stop(machine_id, grace=grace))

    async def delete(self, machine_id: str) -> None:
        await self._watched("delete", machine_id, super().delete(machine_id))

    async def _watched(self, verb: str, machine: str, work) -> None:
        if machine in self.acting:
            self.overlaps.append(f"{verb} during {self.acting[machine]} of {machine}")
        self.acting[machine] = verb
        self.actions.append((verb, machine))
        try:
            await asyncio.sleep(0.01)
            await work
        finally:
            self.acting.pop(machine, None)


async def test_two_replicas_never_act_twice(database_url: str) -> None:
    world = FakeWorld()
    shared: dict[str, object] = {"acting": {}, "overlaps": [], "actions": []}
    pace = Pace(poll=0.02, resync=0.2, lease=5)
    databases = [Database.open(database_url) for _ in range(2)]
    replicas = [
        Reconciler(each, {"local": WatchedEngine(world, shared)}, SPECS, pace=pace)
        for each in databases
    ]
    bench = Bench(databases[0])
    bench.clock = utc_now  # real time, as the replicas have
    await bench.open()
    tasks = [asyncio.create_task(replica.run()) for replica in replicas]
    try:
        computes = [await bench.create() for _ in range(20)]
        await _all_in(bench, computes, State.RUNNING)
        for event, state in ((Event.STOP, State.STOPPED), (Event.START, State.RUNNING)):
            for compute in computes:
                await bench.request(compute, event)
            await _all_in(bench, computes, state)
        for compute in random.Random(1).sample(computes, len(computes)):
            await bench.request(compute, Event.DELETE)
        await _all_in(bench, computes, None)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in databases:
            await each.close()
    assert shared["overlaps"] == []
    verbs = [verb for verb, _ in shared["actions"]]
    assert {verb: verbs.count(verb) for verb in verbs} == {"ensure": 40, "stop": 20, "delete": 20}
    assert world.machines == {}


async def _all_in(bench: Bench, computes, state: State | None) -> None:
    async with asyncio.timeout(30):
        for compute in computes:
            while True:
                found = await bench.find(compute)
                if (found.state if found else None) is state:
                    break
                await asyncio.sleep(0.02)


class StallingEngine(FakeEngine):
    """Stalls in the middle of `ensure` until it is let go."""

    def __init__(self, world: FakeWorld, clock: MovedClock) -> None:
        super().__init__(DEPLOYMENT, world=world, clock=clock)
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def ensure(self, spec: MachineSpec) -> None:
        self.reached.set()
        await self.go_on.wait()
        await super().ensure(spec)


async def test_a_lease_that_ran_out_is_taken_over_and_the_late_write_is_dropped(
    database: Database,
) -> None:
    clock, world = MovedClock(), FakeWorld()
    stalled_engine = StallingEngine(world, clock)
    stalled = Bench(database, clock=clock, world=world, engine=stalled_engine)
    other = Bench(database, clock=clock, world=world)
    await stalled.open()
    other.workspace = stalled.workspace
    compute = await stalled.create()
    await stalled.reconciler.claim_due()
    await stalled_engine.reached.wait()

    assert await other.reconciler.claim_due() == 0, "the lease still holds"
    clock.advance(16)
    await other.settle()
    assert await other.state(compute) is State.RUNNING
    await other.request(compute, Event.STOP)
    await other.settle()
    stored = await other.read(compute)

    stalled_engine.go_on.set()
    await stalled.reconciler.settled()
    assert await other.read(compute) == stored, "the stalled replica wrote nothing"
    await other.sweep()
    assert await other.state(compute) is State.STOPPED
    assert not world.machines[compute.id].running, "and what it started late is stopped again"


class SlowSight(FakeEngine):
    """Stalls while it looks, as a process does that is suspended."""

    def __init__(self, world: FakeWorld, clock: MovedClock) -> None:
        super().__init__(DEPLOYMENT, world=world, clock=clock)
        self.clock = clock

    async def observe(self, machine_id: str) -> Observation:
        seen = await super().observe(machine_id)
        self.clock.advance(60)
        return seen


async def test_a_replica_that_slept_past_its_lease_acts_no_more(database: Database) -> None:
    clock, world = MovedClock(), FakeWorld()
    bench = Bench(database, clock=clock, world=world, engine=SlowSight(world, clock))
    await bench.open()
    await bench.create()
    assert await bench.reconciler.claim_due() == 1
    await bench.reconciler.settled()
    assert bench.calls("ensure") == []


async def test_a_heartbeat_keeps_the_lease_of_long_work(database: Database) -> None:
    clock, world = MovedClock(), FakeWorld()
    engine = StallingEngine(world, clock)
    bench = Bench(database, clock=clock, world=world, engine=engine)
    other = Bench(database, clock=clock, world=world)
    await bench.open()
    compute = await bench.create()
    await bench.reconciler.claim_due()
    await engine.reached.wait()
    for _ in range(6):
        clock.advance(5)
        await bench.reconciler.claims.renew()
        assert await other.reconciler.claim_due() == 0
    engine.go_on.set()
    await bench.reconciler.settled()
    assert await bench.state(compute) is State.RUNNING


async def test_a_replica_that_ends_in_order_gives_its_claims_back(database: Database) -> None:
    clock, world = MovedClock(), FakeWorld()
    engine = StallingEngine(world, clock)
    bench = Bench(database, clock=clock, world=world, engine=engine)
    other = Bench(database, clock=clock, world=world)
    await bench.open()
    compute = await bench.create()
    running = asyncio.create_task(bench.reconciler.run())
    await engine.reached.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await other.settle()
    assert await other.state(compute) is State.RUNNING, "without waiting for the lease to run out"


async def test_a_process_that_is_alone_takes_over_at_once_from_one_that_died(
    database: Database,
) -> None:
    clock, world = MovedClock(), FakeWorld()
    engine = StallingEngine(world, clock)
    dead = Bench(database, clock=clock, world=world, engine=engine)
    await dead.open()
    compute = await dead.create()
    await dead.reconciler.claim_due()
    await engine.reached.wait()

    heir = Bench(database, clock=clock, world=world)
    assert await heir.reconciler.claim_due() == 0
    await heir.reconciler.claims.inherit()
    await heir.settle()
    assert await heir.state(compute) is State.RUNNING
    engine.go_on.set()
    await dead.reconciler.settled()
