"""Instances start and stop by their schedules: once, whoever dies, and told where they cannot."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from studiolo.domain.resources import OperationStatus, Trigger
from studiolo.domain.schedules import GRACE, Action, Cron, Result, Schedule
from studiolo.domain.states import Event, State
from studiolo.engines.base import Permanent
from studiolo.store.activity import ANYTHING
from tests.support.reconciling import Bench
from tests.support.values import NOW

# The bench's clock begins at 12:00 UTC, which is 21:00 in Seoul.
ANCHOR = datetime(2025, 1, 1)  # noqa: DTZ001 - a wall clock shows no zone


def a_schedule(action: Action, expression: str, **changes: Any) -> Schedule:
    made = Schedule(
        str(uuid4()), action, True, Cron(expression), "Korea Standard Time", None, ANCHOR
    )
    return replace(made, **changes).awaiting(NOW)


EVENING = a_schedule(Action.STOP, "30 21 * * *")
LATE = a_schedule(Action.START, "0 22 * * *")


async def look(bench: Bench, *, hours: float = 0, minutes: float = 0) -> int:
    """Let time pass without a control plane, then look once and do what follows."""
    bench.clock.advance(hours * 3600 + minutes * 60)
    written = await bench.reconciler.honour_schedules()
    await bench.settle()
    return written


async def lines(bench: Bench) -> list[tuple[str, str]]:
    """What the activity log has of schedules, oldest first."""
    async with bench.database.reading() as tx:
        found = await tx.activity.page("", None, 10, ANYTHING)
    return [
        (each.operation.rsplit("/", 2)[1], each.status)
        for _, each in reversed(found)
        if each.principal_name == "Schedule"
    ]


async def test_nothing_happens_before_its_time(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    assert await look(bench, minutes=29) == 0
    assert await bench.state(compute) is State.RUNNING


async def test_a_running_instance_is_stopped_in_its_own_zones_evening(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    assert await look(bench, minutes=30) == 1
    stopped = await bench.read(compute)
    assert stopped.state is State.STOPPED
    assert stopped.last_operation.trigger is Trigger.SCHEDULE
    assert (await bench.last(compute, "Stop")).status is OperationStatus.SUCCEEDED
    assert await lines(bench) == [("stop", "Accepted"), ("stop", "Succeeded")]
    assert stopped.schedules[0].due == NOW + timedelta(days=1, minutes=30)


async def test_a_stopped_instance_is_started(bench: Bench) -> None:
    compute = await bench.stopped(schedules=(LATE,))
    await look(bench, hours=1)
    started = await bench.read(compute)
    assert (started.state, started.generation) == (State.RUNNING, 2)
    assert started.last_operation.trigger is Trigger.SCHEDULE


async def test_an_evening_and_a_morning_go_on_for_days(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING, LATE))
    seen = []
    for _ in range(6):
        await look(bench, minutes=30)
        seen.append(await bench.state(compute))
        await look(bench, minutes=30)
        seen.append(await bench.state(compute))
        await look(bench, hours=23)
    assert seen == [State.STOPPED, State.RUNNING] * 6


async def test_a_firing_is_honoured_once_by_two_replicas_at_the_same_moment(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    other = Bench(bench.database, clock=bench.clock, world=bench.world)
    bench.clock.advance(30 * 60)
    written = await asyncio.gather(
        *(each.reconciler.honour_schedules() for each in (bench, other) * 3)
    )
    assert sum(written) == 1
    await bench.settle()
    assert await bench.state(compute) is State.STOPPED
    assert await lines(bench) == [("stop", "Accepted"), ("stop", "Succeeded")]


async def test_a_person_who_starts_it_afterwards_is_not_stopped_again(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    await look(bench, minutes=30)
    await bench.request(compute, Event.START)
    await bench.settle()
    for _ in range(4):
        await look(bench, minutes=15)
    assert await bench.state(compute) is State.RUNNING


async def test_a_firing_that_was_missed_a_little_is_made_up_for(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    await look(bench, minutes=30 + 50)
    assert await bench.state(compute) is State.STOPPED


async def test_one_that_was_missed_for_long_is_told_and_left(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    await look(bench, hours=6)
    kept = await bench.read(compute)
    assert kept.state is State.RUNNING
    assert kept.schedules[0].last is not None
    assert kept.schedules[0].last.result is Result.MISSED
    assert await lines(bench) == [("stop", "Failed")]
    assert await look(bench) == 0


async def test_what_is_so_already_is_no_operation_and_no_line(bench: Bench) -> None:
    compute = await bench.stopped(schedules=(EVENING,))
    before = await bench.read(compute)
    assert await look(bench, minutes=30) == 1
    after = await bench.read(compute)
    assert after.last_operation == before.last_operation
    assert after.etag != before.etag
    assert after.schedules[0].due != before.schedules[0].due
    assert await lines(bench) == []


async def test_a_start_waits_for_the_end_of_a_stop(bench: Bench) -> None:
    compute = await bench.running(schedules=(LATE,))
    bench.clock.advance(3600)
    await bench.request(compute, Event.STOP)
    assert await bench.reconciler.honour_schedules() == 0
    await bench.settle()
    assert await bench.state(compute) is State.STOPPED
    assert await look(bench) == 1
    assert await bench.state(compute) is State.RUNNING


async def test_a_stop_waits_until_an_instance_is_made(bench: Bench) -> None:
    await bench.create(schedules=(EVENING,))
    bench.clock.advance(1800)
    assert await bench.reconciler.honour_schedules() == 0


async def test_what_a_state_refuses_is_told_with_what_to_do(bench: Bench) -> None:
    bench.world.fail_next("ensure", Permanent("no such image"))
    compute = await bench.running(schedules=(LATE,))
    await look(bench, hours=1)
    failed = await bench.read(compute)
    last = failed.schedules[0].last
    assert last is not None
    assert last.result is Result.REFUSED
    assert "Delete it and create it again" in last.reason
    assert await lines(bench) == [("start", "Failed")]
    assert await look(bench) == 0


async def test_a_stop_overtakes_a_start_under_way_and_its_operation(bench: Bench) -> None:
    compute = await bench.stopped(schedules=(EVENING,))
    bench.clock.advance(1800)
    start = await bench.request(compute, Event.START)
    await look(bench)
    assert await bench.state(compute) is State.STOPPED
    assert (await bench.operation(start)).status is OperationStatus.CANCELED


async def test_an_instance_that_is_being_deleted_is_left_alone(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    bench.clock.advance(1800)
    await bench.request(compute, Event.DELETE)
    assert await bench.reconciler.honour_schedules() == 0
    await bench.settle()
    assert await bench.find(compute) is None


async def test_one_that_is_off_does_nothing(bench: Bench) -> None:
    compute = await bench.running(schedules=(replace(EVENING, enabled=False, due=None),))
    assert await look(bench, minutes=30) == 0
    assert await bench.state(compute) is State.RUNNING


async def test_a_successor_honours_what_its_predecessor_left_due(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    bench.clock.advance(1830)
    successor = Bench(bench.database, clock=bench.clock, world=bench.world)
    assert await successor.reconciler.honour_schedules() == 1
    await successor.settle()
    assert await successor.state(compute) is State.STOPPED


async def test_other_regions_instances_are_left_to_their_reconciler(bench: Bench) -> None:
    compute = await bench.running(schedules=(EVENING,))
    bench.clock.advance(GRACE.total_seconds())
    async with bench.database.reading() as tx:
        assert await tx.computes.firing(["elsewhere"], bench.clock()) == []
        assert await tx.computes.firing(["local"], bench.clock()) == [compute.id]
