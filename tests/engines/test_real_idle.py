"""A real machine is stopped when it is idle, and not while its kernel computes.

Idle times are 15 minutes at least, so the reconciler's clock is moved; the machine's own is not.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.agent.test_jupyter import Browser, execute_request, start_kernel
from tests.support.reconciling import DEPLOYMENT, Bench, MovedClock

from studiolo.clock import utc_now
from studiolo.domain.idle import SETTING
from studiolo.domain.resources import Trigger
from studiolo.domain.states import State
from studiolo.engines.agent_client import AgentClient
from studiolo.store.database import Database
from studiolo.store.migrations import upgrade

LIMIT = timedelta(minutes=15)


class AheadClock(MovedClock):
    """The wall clock, as far ahead as its test wants; sleeping takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta(0)

    def __call__(self):
        return utc_now() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@pytest.fixture
async def bench(place, ml_image, agent_image, tmp_path: Path):
    place.agent_command = None
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await upgrade(database)
    bench = Bench(database, clock=AheadClock(), engine=place.engine(DEPLOYMENT))
    await bench.open()
    yield bench
    await database.close()


async def until(bench: Bench, compute, state: State) -> None:
    async with asyncio.timeout(60):
        while await bench.state(compute) is not state:
            await bench.settle()
            await asyncio.sleep(0.05)


async def test_a_machine_is_stopped_once_its_kernel_has_come_to_rest(bench: Bench, place) -> None:
    compute = await bench.create(spec={SETTING: "PT15M"})
    await until(bench, compute, State.RUNNING)
    agents, endpoint = AgentClient(), await bench.engine.endpoint(compute.id)
    assert endpoint is not None
    lab = await agents.ensure_application(endpoint, "jupyterlab", wait=60)
    browser = Browser(dict(lab))
    kernel = await asyncio.to_thread(start_kernel, browser, "train.ipynb")

    async def reasons() -> list[str]:
        return (await agents.status(endpoint))["activity"]["reasons"]

    async def is_busy(wanted: bool) -> None:
        async with asyncio.timeout(60):
            while True:
                if any("train.ipynb" in each for each in await reasons()) is wanted:
                    return
                await asyncio.sleep(0.2)

    async with browser.open(f"/api/kernels/{kernel}/channels") as connection:
        await connection.send(execute_request("import time; time.sleep(600)"))
        await is_busy(True)
        bench.clock.advance(3600)
        assert await bench.reconciler.stop_idle() == 0
        assert await bench.state(compute) is State.RUNNING
        # Its window stays open, which keeps no machine awake.
        await asyncio.to_thread(browser.http.post, f"/api/kernels/{kernel}/interrupt")
        await is_busy(False)
        bench.clock.advance(LIMIT.total_seconds())
        assert await bench.reconciler.stop_idle() == 1
        await until(bench, compute, State.STOPPED)
    assert place.processes(compute.id) == []
    last = (await bench.read(compute)).last_operation
    assert (last.name, last.status, last.trigger) == ("Stop", "Succeeded", Trigger.IDLE_SHUTDOWN)
