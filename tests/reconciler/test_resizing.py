"""A resize ends with a machine of the wanted size, adapted as it runs or started anew."""

import pytest

from studiolo.domain.disks import HOME_DISK, ROOT_DISK
from studiolo.domain.resources import OperationStatus
from studiolo.domain.states import Event, State
from studiolo.engines.base import Temporary, Unreachable
from tests.support.plain import PlainEngine
from tests.support.reconciling import Bench

SPEC = {HOME_DISK: 130, ROOT_DISK: 50}


async def test_a_machine_is_adapted_as_it_runs(bench: Bench) -> None:
    compute = await bench.running()
    began = bench.world.machines[compute.id].started_at
    asked = await bench.request(compute, Event.RESIZE, spec=SPEC)
    await bench.settle()
    machine = bench.world.machines[compute.id]
    assert await bench.state(compute) is State.RUNNING
    assert (machine.started_at, bench.calls("stop")) == (began, [])
    assert (machine.spec.resources.disk_gib, machine.spec.resources.root_gib) == (130, 50)
    assert (await bench.operation(asked)).status is OperationStatus.SUCCEEDED


@pytest.mark.parametrize("plain", [False, True])
async def test_a_machine_that_cannot_be_adapted_is_started_anew(bench: Bench, plain: bool) -> None:
    compute = await bench.running()
    bench.world.machines[compute.id].home["notes"] = b"kept"
    bench.world.rigid = not plain
    if plain:
        bench.use(PlainEngine(bench.engine))
    await bench.request(compute, Event.RESIZE, spec=SPEC)
    await bench.settle()
    machine = bench.world.machines[compute.id]
    assert await bench.state(compute) is State.RUNNING
    assert bench.calls("stop") == [compute.id]
    assert (machine.spec.generation, machine.spec.resources.disk_gib) == (2, 130)
    assert machine.home == {"notes": b"kept"}


async def test_a_stopped_machine_has_its_new_size_at_its_next_start(bench: Bench) -> None:
    compute = await bench.stopped()
    await bench.resize_in_place(compute, spec=SPEC)
    await bench.settle()
    assert await bench.state(compute) is State.STOPPED
    await bench.request(compute, Event.START)
    await bench.settle()
    assert bench.world.machines[compute.id].spec.resources.disk_gib == 130


async def test_trouble_is_told_and_tried_again(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.fail_next("adapt", Temporary("The pool is full."), Unreachable("no answer"))
    await bench.request(compute, Event.RESIZE, spec=SPEC)
    await bench.settle()
    resizing = await bench.read(compute)
    assert resizing.state is State.RESIZING
    assert [error.message for error in resizing.errors] == ["The pool is full."]
    await bench.pass_time(30)
    assert await bench.state(compute) is State.RUNNING


async def test_trouble_makes_another_etag_and_the_same_once_more_does_not(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.fail_next("adapt", *[Temporary("The pool is full.")] * 3)
    await bench.request(compute, Event.RESIZE, spec=SPEC)
    asked = await bench.read(compute)
    await bench.settle()
    told = await bench.read(compute)
    assert told.etag != asked.etag
    await bench.pass_time(1)
    again = await bench.read(compute)
    assert (again.errors, again.etag) == (told.errors, told.etag)


async def test_a_resize_that_never_succeeds_ends_by_its_deadline_with_the_reason(
    bench: Bench,
) -> None:
    compute = await bench.running()
    bench.world.fail_next("adapt", *[Temporary("The pool is full.")] * 200)
    await bench.request(compute, Event.RESIZE, spec=SPEC)
    await bench.settle()
    await bench.pass_time(601, step=10)
    failed = await bench.read(compute)
    assert failed.state is State.UNUSABLE
    assert "The pool is full." in failed.errors[0].message
    assert failed.last_operation.status == "RestartFailed"
    assert bench.world.machines[compute.id].running


async def test_a_machine_whose_home_is_gone_is_not_made_anew_by_a_resize(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.machines[compute.id].lost = True
    await bench.request(compute, Event.RESIZE, spec=SPEC)
    await bench.settle()
    unusable = await bench.read(compute)
    assert unusable.state is State.UNUSABLE
    assert "is gone" in unusable.errors[0].message
