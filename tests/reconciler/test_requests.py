"""What a person asks for comes true, and the operation tells its end."""

from datetime import timedelta

import pytest

from studiolo.domain.resources import OperationStatus
from studiolo.domain.states import Event, State
from studiolo.engines.base import Permanent, Temporary
from tests.support.reconciling import Bench


async def test_a_create_comes_to_run_and_its_operation_succeeds(bench: Bench) -> None:
    compute = await bench.create()
    await bench.settle()
    running = await bench.read(compute)
    assert (running.state, running.errors) == (State.RUNNING, ())
    assert running.last_operation.status == "Succeeded"
    assert running.etag != compute.etag
    assert (await bench.last(compute, "Create")).status is OperationStatus.SUCCEEDED
    spec = bench.world.machines[compute.id].spec
    assert (spec.generation, spec.alias, spec.share) == (1, "alice", bench.workspace.id)
    assert (spec.resources.vcpus, spec.resources.memory_mib) == (4, 14 * 1024)


async def test_stop_start_and_restart_act_once_each(bench: Bench) -> None:
    compute = await bench.running()
    for event, state in (
        (Event.STOP, State.STOPPED),
        (Event.START, State.RUNNING),
        (Event.RESTART, State.RUNNING),
    ):
        bench.world.calls.clear()
        operation = await bench.request(compute, event)
        await bench.settle()
        assert await bench.state(compute) is state
        assert (await bench.operation(operation)).status is OperationStatus.SUCCEEDED
        assert len(bench.calls("stop")) == (event is not Event.START)
        assert len(bench.calls("ensure")) == (event is not Event.STOP)
    assert bench.world.machines[compute.id].spec.generation == 3


async def test_a_delete_leaves_no_row_machine_or_quota(bench: Bench) -> None:
    compute = await bench.running()
    assert await bench.used() == 4
    operation = await bench.request(compute, Event.DELETE)
    await bench.settle()
    assert await bench.find(compute) is None
    assert bench.world.machines == {}
    assert await bench.used() == 0
    assert (await bench.operation(operation)).status is OperationStatus.SUCCEEDED


async def test_quota_is_kept_while_stopped(bench: Bench) -> None:
    await bench.stopped()
    assert await bench.used() == 4


@pytest.mark.parametrize("event", [Event.STOP, Event.DELETE])
async def test_a_request_during_a_start_overtakes_it(bench: Bench, event: Event) -> None:
    compute = await bench.stopped()
    bench.world.boot = timedelta(minutes=2)
    starting = await bench.request(compute, Event.START)
    await bench.settle()
    assert await bench.state(compute) is State.STARTING
    await bench.request(compute, event)
    await bench.settle()
    assert (await bench.operation(starting)).status is OperationStatus.CANCELED
    found = await bench.find(compute)
    assert (found.state if found else None) is (State.STOPPED if event is Event.STOP else None)


async def test_a_request_made_while_the_claim_is_held_is_seen_without_a_new_claim(
    bench: Bench,
) -> None:
    bench.world.boot = timedelta(seconds=5)
    compute = await bench.create()
    ask_at = bench.clock() + timedelta(seconds=1)
    asked = False
    sleep = bench.clock.sleep

    async def interrupted(seconds: float) -> None:
        nonlocal asked
        if bench.clock() >= ask_at and not asked:
            asked = True
            await bench.request(compute, Event.DELETE)
        await sleep(seconds)

    bench.reconciler._driver._sleep = interrupted
    assert await bench.reconciler.claim_due() == 1
    await bench.reconciler.settled()
    assert asked
    assert await bench.find(compute) is None
    assert bench.clock() < ask_at + timedelta(seconds=1)


async def test_a_temporary_error_is_told_tried_again_and_forgotten(bench: Bench) -> None:
    bench.world.fail_next("ensure", Temporary("The disk is full."), Temporary("Still full."))
    compute = await bench.create()
    await bench.settle()
    waiting = await bench.read(compute)
    assert waiting.state is State.CREATING
    assert [error.message for error in waiting.errors] == ["The disk is full."]
    await bench.pass_time(10)
    running = await bench.read(compute)
    assert (running.state, running.errors) == (State.RUNNING, ())


async def test_a_permanent_error_fails_with_the_engines_sentence(bench: Bench) -> None:
    bench.world.fail_next("ensure", Permanent("There is no image 'ml'; prepare it."))
    compute = await bench.create()
    await bench.settle()
    failed = await bench.read(compute)
    assert failed.state is State.CREATE_FAILED
    assert failed.errors[0].message == "There is no image 'ml'; prepare it."
    operation = await bench.last(compute, "Create")
    assert operation.status is OperationStatus.FAILED
    assert operation.error is not None
    assert operation.error.message == "There is no image 'ml'; prepare it."


async def test_a_bug_in_an_engine_is_treated_as_temporary(bench: Bench) -> None:
    original = bench.engine.ensure
    failures = iter([RuntimeError("bug")])

    async def ensure(spec):
        for failure in failures:
            raise failure
        await original(spec)

    bench.engine.ensure = ensure
    compute = await bench.create()
    await bench.settle()
    assert "RuntimeError" in (await bench.read(compute)).errors[0].message
    await bench.pass_time(5)
    assert await bench.state(compute) is State.RUNNING


async def test_a_machine_that_never_answers_fails_by_its_deadline_and_keeps_its_disk(
    bench: Bench,
) -> None:
    bench.world.boot = timedelta(hours=1)
    compute = await bench.create()
    await bench.settle()
    await bench.pass_time(9 * 60, step=30)
    assert await bench.state(compute) is State.CREATING
    await bench.pass_time(90, step=30)
    failed = await bench.read(compute)
    assert failed.state is State.CREATE_FAILED
    assert "within 10 minutes. The machine's agent does not answer." in failed.errors[0].message
    assert (await bench.last(compute, "Create")).status is OperationStatus.FAILED
    await bench.sweep()
    assert not bench.world.machines[compute.id].running, "nobody can use it, so it need not run"
    assert compute.id in bench.world.machines


async def test_an_engine_that_only_errs_cannot_hold_a_state_past_its_deadline(
    bench: Bench,
) -> None:
    compute = await bench.running()
    bench.world.fail_next("observe", *[Temporary("The disk is full.")] * 200)
    operation = await bench.request(compute, Event.STOP)
    await bench.pass_time(5 * 60 + 15, step=5)
    failed = await bench.read(compute)
    assert failed.state is State.UNUSABLE
    assert "did not stop within 5 minutes. The disk is full." in failed.errors[0].message
    assert (await bench.operation(operation)).status is OperationStatus.FAILED
