"""The reconciler as it runs: soon after a hint, and through errors of its database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from studiolo.clock import utc_now
from studiolo.domain.states import Event, State
from studiolo.engines.fake import FakeEngine
from studiolo.reconciler import Pace, Reconciler
from studiolo.store.database import Database
from tests.support.reconciling import DEPLOYMENT, SPECS, Bench


@asynccontextmanager
async def _live(database: Database, pace: Pace) -> AsyncIterator[Bench]:
    """A bench whose reconciler runs by itself, in real time."""
    bench = Bench(database)
    bench.clock = utc_now
    bench.engine = FakeEngine(DEPLOYMENT, world=bench.world)
    bench.reconciler = Reconciler(database, {"local": bench.engine}, SPECS, pace=pace)
    await bench.open()
    task = asyncio.create_task(bench.reconciler.run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _until(bench: Bench, compute, state: State | None) -> None:
    """Wait for a state, for less than the pace at which it would be found without a hint."""
    async with asyncio.timeout(20):
        while True:
            found = await bench.find(compute)
            if (found.state if found else None) is state:
                return
            await asyncio.sleep(0.002)


async def test_a_hint_is_acted_on_long_before_the_next_poll(database: Database) -> None:
    async with _live(database, Pace(poll=30, resync=30)) as bench:
        compute = await bench.create()
        bench.reconciler.hint()
        await _until(bench, compute, State.RUNNING)
        for event, state in ((Event.STOP, State.STOPPED), (Event.DELETE, None)):
            await bench.request(compute, event)
            bench.reconciler.hint()
            await _until(bench, compute, state)


class TellingEngine(FakeEngine):
    """Tells at once of what its test does to a machine; breaks off once in between."""

    def __init__(self, world) -> None:
        super().__init__(DEPLOYMENT, world=world)
        self.told: asyncio.Queue[str] = asyncio.Queue()

    async def changed(self) -> AsyncIterator[str]:
        while True:
            yield await self.told.get()


async def test_what_an_engine_tells_of_is_followed_long_before_the_next_sweep(database) -> None:
    bench = Bench(database)
    bench.clock = utc_now
    engine = TellingEngine(bench.world)
    pace = Pace(poll=30, resync=30)
    bench.reconciler = Reconciler(database, {"local": engine}, SPECS, pace=pace)
    await bench.open()
    task = asyncio.create_task(bench.reconciler.run())
    try:
        compute = await bench.create()
        bench.reconciler.hint()
        await _until(bench, compute, State.RUNNING)
        bench.world.power_off(compute.id)
        engine.told.put_nowait("ci-a-strangers")
        engine.told.put_nowait(compute.id)
        await _until(bench, compute, State.STOPPED)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_region_that_hangs_holds_up_no_other(database: Database) -> None:
    bench = Bench(database)
    bench.clock = utc_now
    await bench.open()
    hung = FakeEngine(DEPLOYMENT, sleep=lambda _seconds: asyncio.Event().wait())
    hung.world.delay("list_owned", 1.0)
    here = FakeEngine(DEPLOYMENT, world=bench.world)
    compute = await bench.create()
    reconciler = Reconciler(
        database, {"far": hung, "local": here}, SPECS, pace=Pace(poll=0.05, resync=0.05)
    )
    task = asyncio.create_task(reconciler.run())
    try:
        await _until(bench, compute, State.RUNNING)
        bench.world.power_off(compute.id)
        await _until(bench, compute, State.STOPPED)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_without_any_hint_due_work_is_found_by_polling(database: Database) -> None:
    async with _live(database, Pace(poll=0.05)) as bench:
        compute = await bench.create()
        await _until(bench, compute, State.RUNNING)


async def test_a_database_that_is_away_for_a_while_stops_nothing_for_good(
    database: Database, monkeypatch
) -> None:
    original = database.transaction
    away = True

    def transaction():
        if away:
            raise ConnectionError("the database is away")
        return original()

    async with _live(database, Pace(poll=0.05, resync=0.05, lease=0.3)) as bench:
        monkeypatch.setattr(database, "transaction", transaction)
        await asyncio.sleep(0)
        away = False
        compute = await bench.create()
        away = True
        for _ in range(20):
            await asyncio.sleep(0.01)
        away = False
        await _until(bench, compute, State.RUNNING)
