"""A start that begins with a restore, a reimage or a copy does it once, whatever happens."""

import pytest

from studiolo.domain.machine import IMAGE, Recipe, Step
from studiolo.domain.resources import Compute, OperationStatus
from studiolo.domain.states import Event, State
from studiolo.engines.base import Permanent, Temporary
from tests.support.reconciling import Bench

FRIDAY = Recipe(Step.RESTORE, "friday")


async def kept(bench: Bench, **changes: object) -> Compute:
    """A running instance with a snapshot `friday`, and a home that was spoilt since."""
    compute = await bench.running(**changes)
    home = bench.world.machines[compute.id].home
    home["notes"] = b"kept"
    await bench.engine.snapshot(compute.id, "friday")
    home["notes"] = b"spoilt"
    return compute


async def test_a_restore_brings_back_the_home_and_is_forgotten(bench: Bench) -> None:
    compute = await kept(bench)
    asked = await bench.request(compute, Event.RESTORE, FRIDAY)
    await bench.settle()
    running = await bench.read(compute)
    assert (running.state, running.recipe) == (State.RUNNING, None)
    assert bench.world.machines[compute.id].home == {"notes": b"kept"}
    assert (await bench.operation(asked)).status is OperationStatus.SUCCEEDED
    bench.world.machines[compute.id].home["notes"] = b"new"
    await bench.request(compute, Event.RESTART)
    await bench.settle()
    assert bench.world.machines[compute.id].home == {"notes": b"new"}


async def test_a_stopped_instance_is_started_by_its_restore(bench: Bench) -> None:
    compute = await kept(bench)
    await bench.request(compute, Event.STOP)
    await bench.settle()
    await bench.request(compute, Event.RESTORE, FRIDAY)
    await bench.settle()
    assert await bench.state(compute) is State.RUNNING
    assert bench.world.machines[compute.id].home == {"notes": b"kept"}


async def test_a_restore_without_its_snapshot_fails_and_the_instance_starts_without_it(
    bench: Bench,
) -> None:
    compute = await kept(bench)
    await bench.engine.remove_snapshot(compute.id, "friday")
    asked = await bench.request(compute, Event.RESTORE, FRIDAY)
    await bench.settle()
    failed = await bench.read(compute)
    assert (failed.state, failed.recipe) == (State.UNUSABLE, None)
    assert "no snapshot 'friday'" in failed.errors[0].message
    assert failed.last_operation.status == "ReimageFailed"
    assert (await bench.operation(asked)).status is OperationStatus.FAILED
    await bench.request(compute, Event.START)
    await bench.settle()
    assert await bench.state(compute) is State.RUNNING
    assert bench.world.machines[compute.id].home == {"notes": b"spoilt"}


async def test_a_stop_takes_the_place_of_a_restore(bench: Bench) -> None:
    compute = await kept(bench)
    asked = await bench.request(compute, Event.RESTORE, FRIDAY)
    await bench.request(compute, Event.STOP)
    await bench.settle()
    assert (await bench.operation(asked)).status is OperationStatus.CANCELED
    await bench.request(compute, Event.START)
    await bench.settle()
    assert bench.world.machines[compute.id].home == {"notes": b"spoilt"}


async def test_a_reimage_takes_the_newest_image_and_keeps_the_home(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.machines[compute.id].home["notes"] = b"kept"
    bench.world.images[IMAGE] = "fake-2"
    await bench.request(compute, Event.RESTART)
    await bench.settle()
    assert (await bench.read(compute)).image_version == "fake-1"
    await bench.request(compute, Event.REIMAGE, Recipe(Step.REIMAGE))
    await bench.settle()
    running = await bench.read(compute)
    assert (running.state, running.image_version) == (State.RUNNING, "fake-2")
    assert bench.world.machines[compute.id].home == {"notes": b"kept"}


async def test_a_clone_runs_with_the_home_of_its_source(bench: Bench) -> None:
    source = await bench.running()
    bench.world.machines[source.id].home["notes"] = b"kept"
    clone = await bench.create(recipe=Recipe(Step.CLONE, source.id))
    await bench.settle()
    made = await bench.read(clone)
    assert (made.state, made.recipe) == (State.RUNNING, None)
    assert bench.world.machines[clone.id].home == {"notes": b"kept"}


async def test_a_clone_of_a_source_that_is_gone_fails_with_the_reason(bench: Bench) -> None:
    clone = await bench.create(recipe=Recipe(Step.CLONE, "ci-0000000000000000"))
    await bench.settle()
    failed = await bench.read(clone)
    assert failed.state is State.CREATE_FAILED
    assert "is gone" in failed.errors[0].message
    assert clone.id not in bench.world.machines


async def test_what_a_killed_engine_left_in_the_source_of_a_copy_is_removed(bench: Bench) -> None:
    source = await bench.running()
    clone = await bench.create(recipe=Recipe(Step.CLONE, source.id))
    await bench.engine.snapshot(source.id, clone.id)
    await bench.settle()
    assert await bench.state(clone) is State.RUNNING
    assert bench.world.machines[source.id].snapshots == {}


async def test_deleting_a_clone_that_was_not_finished_gives_its_source_back(bench: Bench) -> None:
    source = await bench.running()
    clone = await bench.create(recipe=Recipe(Step.CLONE, source.id))
    await bench.engine.snapshot(source.id, clone.id)
    bench.world.fail_next("ensure", Permanent("The pool is broken."))
    await bench.settle()
    assert await bench.state(clone) is State.CREATE_FAILED
    await bench.request(clone, Event.DELETE)
    await bench.settle()
    assert await bench.find(clone) is None
    assert bench.world.machines[source.id].snapshots == {}


@pytest.mark.parametrize("failures", range(1, 5))
async def test_a_step_that_is_interrupted_is_gone_on_with(bench: Bench, failures: int) -> None:
    compute = await kept(bench)
    bench.world.fail_next("stop", *[Temporary("busy")] * (failures // 2))
    bench.world.fail_next("ensure", *[Temporary("busy")] * failures)
    await bench.request(compute, Event.RESTORE, FRIDAY)
    await bench.settle()
    bench.use(bench.engine)
    await bench.pass_time(60)
    assert await bench.state(compute) is State.RUNNING
    assert bench.world.machines[compute.id].home == {"notes": b"kept"}
