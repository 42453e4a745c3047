"""Idle instances are stopped; what is used, or cannot be seen, is not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from studiolo import faults
from studiolo.domain.idle import SETTING
from studiolo.domain.machine import Endpoint
from studiolo.domain.resources import Compute, OperationStatus, Trigger
from studiolo.domain.states import Event, State
from studiolo.engines.agent_client import AgentUnreachable
from studiolo.engines.base import Unreachable
from studiolo.engines.fake import FakeEngine
from studiolo.reconciler import Reconciler
from studiolo.store.activity import ANYTHING
from studiolo.store.database import Database
from studiolo.store.migrations import upgrade
from tests.support.dying import after_death
from tests.support.reconciling import DEPLOYMENT, SPECS, Bench
from tests.support.values import NOW

HALF_AN_HOUR = 30 * 60.0
LIMIT = {SETTING: "PT30M"}
BUSY = ["The kernel of train.ipynb is busy."]


class Agents:
    """Every machine's agent; `said` is what it says of its use, None for silence."""

    def __init__(self) -> None:
        self.said: dict[str, Any] | None = self.saying()
        self.asked = 0
        self.before_answer: Callable[[], Awaitable[object]] | None = None

    @staticmethod
    def saying(last: float | None = None, busy: list[str] = []) -> dict[str, Any]:  # noqa: B006
        """Last used so many seconds after the bench's start."""
        used = None if last is None else (NOW + timedelta(seconds=last)).isoformat()
        activity = {"lastActivity": used, "busy": bool(busy), "reasons": busy}
        return {"startedAt": NOW.isoformat(), "activity": activity}

    async def status(self, endpoint: Endpoint) -> Mapping[str, Any]:
        assert endpoint.token
        self.asked += 1
        if self.before_answer is not None:
            await self.before_answer()
        if self.said is None:
            raise AgentUnreachable("The machine's agent did not answer (ConnectError).")
        return self.said


class IdleBench(Bench):
    """A bench whose machines have agents that say what the test wants."""

    def __init__(self, database: Database) -> None:
        self.agents = Agents()
        super().__init__(database)
        self.use(FakeEngine(DEPLOYMENT, world=self.world, clock=self.clock, address="agent:1"))

    def use(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.reconciler = self.replica()

    def replica(self, database: Database | None = None) -> Reconciler:
        return Reconciler(
            database or self.database,
            {"local": self.engine},
            SPECS,
            clock=self.clock,
            sleep=self.clock.sleep,
            agents=self.agents,
        )

    async def round(self, after: float = 0.0) -> int:
        """Let time pass, look once, and do what that brings; how many were told to stop."""
        self.clock.advance(after)
        stopped = await self.reconciler.stop_idle()
        await self.settle()
        return stopped

    async def change(self, compute: Compute, **changes: Any) -> None:
        """What the API does for a PATCH."""
        present = await self.read(compute)
        after = replace(present, etag=uuid4().hex, **changes)
        async with self.database.transaction() as tx:
            assert await tx.computes.save(after, if_etag=present.etag, due_at=self.clock())
        await self.settle()


@pytest.fixture
async def bench(database: Database) -> IdleBench:
    bench = IdleBench(database)
    await bench.open()
    return bench


async def test_an_idle_instance_is_stopped_as_a_person_would_stop_it(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    assert await bench.round(HALF_AN_HOUR - 60) == 0
    assert await bench.round(59) == 0
    assert await bench.round(1) == 1
    stopped = await bench.read(compute)
    assert stopped.state is State.STOPPED
    assert not bench.world.machines[compute.id].running
    last = stopped.last_operation
    assert (last.name, last.status, last.trigger) == ("Stop", "Succeeded", Trigger.IDLE_SHUTDOWN)
    operation = await bench.last(compute, "Stop")
    assert operation.status is OperationStatus.SUCCEEDED
    async with bench.database.reading() as tx:
        (_, end), (_, line) = await tx.activity.page(compute.arm_id, None, 10, ANYTHING)
    assert (end.status, end.correlation) == ("Succeeded", line.correlation)
    assert line.operation.endswith("/computes/stop/action")
    assert (line.principal, line.principal_name, line.status) == ("", "Idle shutdown", "Accepted")
    assert line.detail == "Idle since 2025-06-02 12:00:00 UTC; idleTimeBeforeShutdown is PT30M."
    assert await bench.round(HALF_AN_HOUR) == 0


async def test_one_without_a_limit_is_not_even_asked(bench: IdleBench) -> None:
    computes = [await bench.running(), await bench.running(spec={SETTING: None})]
    assert await bench.round(HALF_AN_HOUR * 200) == 0
    assert bench.agents.asked == 0
    assert {await bench.state(each) for each in computes} == {State.RUNNING}


async def test_use_puts_the_stop_off(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    bench.agents.said = Agents.saying(last=1000)
    assert await bench.round(HALF_AN_HOUR) == 0
    assert await bench.round(999) == 0
    assert await bench.state(compute) is State.RUNNING
    assert await bench.round(1) == 1


async def test_a_busy_machine_runs_on_and_has_its_limit_after_that(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    bench.agents.said = Agents.saying(last=0, busy=BUSY)
    for _ in range(10):
        assert await bench.round(HALF_AN_HOUR) == 0
    bench.agents.said = Agents.saying(last=10 * HALF_AN_HOUR)
    assert await bench.round(HALF_AN_HOUR) == 1
    assert await bench.state(compute) is State.STOPPED


@pytest.mark.parametrize("said", [None, {}, {"startedAt": NOW.isoformat(), "activity": None}])
async def test_nothing_is_stopped_that_cannot_be_seen(bench: IdleBench, said: Any) -> None:
    compute = await bench.running(spec=LIMIT)
    bench.agents.said = said
    for _ in range(5):
        assert await bench.round(HALF_AN_HOUR) == 0
    assert await bench.state(compute) is State.RUNNING
    bench.agents.said = Agents.saying(last=5 * HALF_AN_HOUR - 60)
    assert await bench.round(60) == 0
    assert await bench.round(HALF_AN_HOUR) == 1


async def test_an_engine_that_does_not_answer_stops_nothing(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    bench.world.fail_next("endpoint", Unreachable("it is away"))
    assert await bench.round(HALF_AN_HOUR) == 0
    assert await bench.state(compute) is State.RUNNING
    assert await bench.round(60) == 1


async def test_an_agent_is_asked_a_few_times_in_its_limit(bench: IdleBench) -> None:
    await bench.running(spec=LIMIT)
    for _ in range(100):
        await bench.round(10)
    assert bench.agents.asked == 1


async def test_a_shorter_limit_counts_at_once(bench: IdleBench) -> None:
    compute = await bench.running(spec={SETTING: "PT4320M"})
    assert await bench.round(HALF_AN_HOUR) == 0
    await bench.change(compute, spec=LIMIT)
    assert await bench.round() == 1


async def test_a_limit_that_is_taken_away_counts_no_more(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    await bench.round(60)
    await bench.change(compute, spec={SETTING: None})
    assert await bench.round(HALF_AN_HOUR) == 0
    assert await bench.state(compute) is State.RUNNING


async def test_a_start_counts_from_itself(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    assert await bench.round(HALF_AN_HOUR) == 1
    await bench.request(compute, Event.START)
    await bench.settle()
    assert await bench.round() == 0
    assert await bench.round(HALF_AN_HOUR - 60) == 0
    assert await bench.round(60) == 1


@pytest.mark.parametrize("event", [Event.RESTART, Event.DELETE, Event.STOP])
async def test_what_a_person_asks_for_in_between_goes_first(bench: IdleBench, event: Event) -> None:
    compute = await bench.running(spec=LIMIT)
    bench.agents.before_answer = lambda: bench.request(compute, event)
    assert await bench.round(HALF_AN_HOUR) == 0
    found = await bench.find(compute)
    assert found is None or found.last_operation.trigger is Trigger.USER
    async with bench.database.reading() as tx:
        assert await tx.activity.page(compute.arm_id, None, 10, ANYTHING) == []


async def test_a_change_in_between_goes_first(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    bench.agents.before_answer = lambda: bench.change(compute, spec={SETTING: None})
    assert await bench.round(HALF_AN_HOUR) == 0
    assert await bench.state(compute) is State.RUNNING


async def test_of_two_replicas_one_stops_it(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    bench.clock.advance(HALF_AN_HOUR)
    both = asyncio.Barrier(2)
    bench.agents.before_answer = both.wait
    replicas = [bench.replica(), bench.replica()]
    assert sum(await asyncio.gather(*(each.stop_idle() for each in replicas))) == 1
    assert bench.agents.asked == 2
    await bench.settle()
    assert await bench.state(compute) is State.STOPPED
    async with bench.database.reading() as tx:
        assert len(await tx.activity.page(compute.arm_id, None, 10, ANYTHING)) == 2


async def test_a_successor_goes_on(bench: IdleBench) -> None:
    compute = await bench.running(spec=LIMIT)
    assert await bench.round(HALF_AN_HOUR - 60) == 0
    bench.use(bench.engine)
    assert await bench.round(60) == 1
    assert await bench.state(compute) is State.STOPPED


async def test_many_are_looked_at_in_turns(bench: IdleBench, monkeypatch) -> None:
    monkeypatch.setattr("studiolo.reconciler.idle._MOST", 2)
    computes = [await bench.running(spec=LIMIT) for _ in range(5)]
    assert [await bench.round(HALF_AN_HOUR if not turn else 0) for turn in range(4)] == [2, 2, 1, 0]
    assert {await bench.state(each) for each in computes} == {State.STOPPED}


async def die(home: Path, point: str, _when: str) -> None:
    """Stop an idle instance in a process that dies at `point`."""
    database = Database.open(f"sqlite+aiosqlite:///{home / 'test.db'}")
    await upgrade(database)
    bench = IdleBench(database)
    await bench.open()
    await bench.running(name="idle-ci", spec=LIMIT)
    faults.arm(point)
    await bench.round(HALF_AN_HOUR)


@pytest.mark.parametrize("point", ["idle.before_stop", "idle.stopped"])
async def test_a_stop_is_all_or_nothing_and_comes_in_the_end(tmp_path: Path, point: str) -> None:
    async with after_death(die, tmp_path, point, "") as database:
        bench = IdleBench(database)
        async with database.reading() as tx:
            compute = await tx.computes.by_name("local", "idle-ci")
            assert compute is not None
            begun = await tx.operations.open_for(compute.id)
            lines = await tx.activity.page(compute.arm_id, None, 10, ANYTHING)
        stored = point == "idle.stopped"
        assert (compute.state is State.STOPPING, bool(begun), bool(lines)) == (stored,) * 3
        # What the machine was is gone with its process; only what is stored matters here.
        await bench.engine.ensure(SPECS.of(compute))
        await bench.round(HALF_AN_HOUR + 60)
        assert await bench.state(compute) is State.STOPPED
        operation = await bench.last(compute, "Stop")
        assert operation.status is OperationStatus.SUCCEEDED
        async with database.reading() as tx:
            lines = await tx.activity.page(compute.arm_id, None, 10, ANYTHING)
        assert [line.status for _, line in lines] == ["Succeeded", "Accepted"]
