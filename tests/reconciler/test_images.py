"""The image a machine is on is noted beside whatever else a look has to write."""

import pytest
from sqlalchemy import event

from studiolo.domain.machine import IMAGE
from studiolo.domain.states import Event, State
from tests.support.reconciling import Bench


async def test_a_machine_that_has_come_to_run_has_its_image_noted(bench: Bench) -> None:
    bench.world.images[IMAGE] = "v1"
    compute = await bench.create()
    assert (await bench.read(compute)).image_version is None
    await bench.settle()
    running = await bench.read(compute)
    assert (running.state, running.image_version) == (State.RUNNING, "v1")


async def test_the_image_stays_through_stop_start_and_a_newer_one(bench: Bench) -> None:
    bench.world.images[IMAGE] = "v1"
    compute = await bench.running()
    bench.world.images[IMAGE] = "v2"
    for asked in (Event.STOP, Event.START, Event.RESTART):
        await bench.request(compute, asked)
        await bench.settle()
        assert (await bench.read(compute)).image_version == "v1"


async def test_a_machine_found_on_another_image_is_noted_at_the_next_look(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.machines[compute.id].image = "moved"
    async with bench.database.transaction() as tx:
        await tx.leases.wake([compute.id], now=bench.clock())
    await bench.settle()
    seen = await bench.read(compute)
    assert (seen.state, seen.image_version) == (State.RUNNING, "moved")


async def test_a_machine_that_does_not_say_keeps_what_was_known(bench: Bench) -> None:
    bench.world.images[IMAGE] = "v1"
    compute = await bench.running()
    del bench.world.machines[compute.id]
    await bench.sweep()
    gone = await bench.read(compute)
    assert (gone.state, gone.image_version) == (State.UNUSABLE, "v1")


async def test_noting_an_image_does_not_overwrite_what_a_person_asked_meanwhile(
    bench: Bench,
) -> None:
    compute = await bench.running()
    bench.world.machines[compute.id].image = "moved"
    async with bench.database.transaction() as tx:
        await tx.leases.wake([compute.id], now=bench.clock())
    [claim] = await bench.reconciler.claims.take(1)
    await bench.request(compute, Event.STOP)
    await bench.reconciler._driver.drive(claim)
    asked = await bench.read(compute)
    assert (asked.state, asked.image_version) == (State.STOPPING, compute.image_version)
    await bench.settle()
    stopped = await bench.read(compute)
    assert (stopped.state, stopped.image_version) == (State.STOPPED, "moved")


@pytest.mark.parametrize("image", ["fake-1", "moved"])
async def test_a_look_writes_a_row_as_often_with_a_new_image_as_without(
    bench: Bench, image: str
) -> None:
    compute = await bench.running()
    bench.world.machines[compute.id].image = image
    async with bench.database.transaction() as tx:
        await tx.leases.wake([compute.id], now=bench.clock())
    written: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:
        if statement.startswith("UPDATE computes"):
            written.append(statement)

    event.listen(bench.database.engine.sync_engine, "before_cursor_execute", note)
    await bench.settle()
    await bench.sweep()
    assert len(written) == 2, "the claim and its settlement"
