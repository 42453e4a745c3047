"""What machines do by themselves is seen and followed, repaired, or told."""

from studiolo.domain.machine import Observation
from studiolo.domain.resources import OperationStatus
from studiolo.domain.states import Event, State
from studiolo.engines.base import Temporary, Unreachable
from tests.support.reconciling import Bench
from tests.support.values import an_operation


async def test_a_sweep_over_well_machines_wakes_nobody(bench: Bench) -> None:
    for _ in range(3):
        await bench.running()
    await bench.stopped()
    bench.world.calls.clear()
    assert await bench.reconciler.sweep() == 0
    assert bench.world.calls == [("list_owned", ""), ("list_networks", "")]


async def test_a_guest_that_powers_itself_off_is_followed(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.power_off(compute.id)
    await bench.sweep()
    assert await bench.state(compute) is State.STOPPED
    assert bench.calls("ensure") == [compute.id], "nobody asked for a start"


async def test_a_guest_that_reboots_is_running_again(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.power_off(compute.id)
    await bench.sweep()
    bench.world.machines[compute.id].running = True
    await bench.sweep()
    assert await bench.state(compute) is State.RUNNING
    assert bench.calls("stop") == []


async def test_a_machine_left_running_after_a_stop_is_stopped_again(bench: Bench) -> None:
    compute = await bench.stopped()
    bench.world.machines[compute.id].running = True
    await bench.sweep()
    assert await bench.state(compute) is State.STOPPED
    assert not bench.world.machines[compute.id].running


async def test_a_removed_machine_is_told_and_can_be_started_anew(bench: Bench) -> None:
    for compute in (await bench.running(), await bench.stopped()):
        del bench.world.machines[compute.id]
        await bench.sweep()
        unusable = await bench.read(compute)
        assert unusable.state is State.UNUSABLE
        assert "is gone" in unusable.errors[0].message
        await bench.request(compute, Event.START)
        await bench.settle()
        running = await bench.read(compute)
        assert (running.state, running.errors) == (State.RUNNING, ())


async def test_a_lost_home_stays_lost_until_a_person_starts_the_machine(bench: Bench) -> None:
    for compute in (await bench.running(), await bench.stopped()):
        machine = bench.world.machines[compute.id]
        machine.lost, machine.home = True, {}
        bench.world.calls.clear()
        for _ in range(3):
            await bench.sweep()
        unusable = await bench.read(compute)
        assert unusable.state is State.UNUSABLE
        assert "is gone" in unusable.errors[0].message
        assert not machine.running
        assert bench.calls("ensure") == []
        await bench.request(compute, Event.START)
        await bench.settle()
        assert await bench.state(compute) is State.RUNNING
        assert not bench.world.machines[compute.id].lost


async def test_a_start_that_made_an_empty_home_says_so_while_the_machine_runs(
    bench: Bench,
) -> None:
    compute = await bench.stopped()
    bench.world.machines[compute.id].notice = "Its home was made anew: it is empty."
    await bench.request(compute, Event.START)
    await bench.settle()
    for _ in range(2):
        running = await bench.read(compute)
        assert running.state is State.RUNNING
        assert "it is empty" in running.errors[0].message
        await bench.reconciler.check_health()
        await bench.settle()


async def test_a_dead_agent_is_repaired_by_a_health_check(bench: Bench) -> None:
    compute = await bench.running()
    await bench.sweep()
    bench.world.machines[compute.id].frozen = True
    await bench.reconciler.check_health()
    await bench.settle()
    assert not bench.world.machines[compute.id].frozen
    assert await bench.state(compute) is State.RUNNING


async def test_an_agent_that_cannot_be_repaired_makes_unusable_until_it_can(bench: Bench) -> None:
    compute = await bench.running()
    await bench.sweep()
    bench.world.machines[compute.id].frozen = True
    bench.world.fail_next("ensure", *[Temporary("The disk is full.")] * 6)
    await bench.reconciler.check_health()
    await bench.settle()
    await bench.pass_time(60)
    unusable = await bench.read(compute)
    assert unusable.state is State.UNUSABLE
    assert "The disk is full." in unusable.errors[0].message
    await bench.sweep()
    await bench.pass_time(10)
    assert "The disk is full." in (await bench.read(compute)).errors[0].message
    await bench.sweep()
    await bench.pass_time(10)
    running = await bench.read(compute)
    assert (running.state, running.errors) == (State.RUNNING, ())


async def test_health_checks_go_round_all_machines_at_a_bounded_rate(bench: Bench) -> None:
    computes = [await bench.running() for _ in range(70)]
    await bench.reconciler.sweep()
    bench.world.calls.clear()
    for _ in range(24):
        await bench.reconciler.check_health()
    assert len(bench.calls("observe")) == 24 * 3
    assert set(bench.calls("observe")) == {compute.id for compute in computes}


async def test_an_engine_that_is_silent_makes_unknown_after_a_grace_and_heals(
    bench: Bench,
) -> None:
    running, stopped = await bench.running(), await bench.stopped()
    bench.world.fail_next("list_owned", *[Unreachable("connection refused")] * 3)
    await bench.sweep()
    assert await bench.state(running) is State.RUNNING, "a short silence says nothing"
    bench.clock.advance(20)
    bench.world.fail_next("observe", *[Unreachable("connection refused")] * 2)
    await bench.sweep()
    for compute in (running, stopped):
        unknown = await bench.read(compute)
        assert unknown.state is State.UNKNOWN
        assert "connection refused" in unknown.errors[0].message
    await bench.sweep()
    assert await bench.state(running) is State.UNKNOWN
    await bench.sweep()
    for compute, state in ((running, State.RUNNING), (stopped, State.STOPPED)):
        healed = await bench.read(compute)
        assert (healed.state, healed.errors) == (state, ())


async def test_a_member_that_is_down_makes_only_its_machines_unknown_and_heals(
    bench: Bench,
) -> None:
    running, stopped = await bench.running(), await bench.stopped()
    other = await bench.running()
    for compute in (running, stopped):
        bench.world.silence(compute.id)
    await bench.sweep()
    assert await bench.state(running) is State.RUNNING, "a short silence says nothing"
    await bench.pass_time(20)
    for compute in (running, stopped):
        unknown = await bench.read(compute)
        assert unknown.state is State.UNKNOWN
        assert f"The host that holds '{compute.name}' does not answer" in unknown.errors[0].message
    for _ in range(3):
        await bench.sweep()
        await bench.reconciler.check_health()
        await bench.pass_time(20)
    assert await bench.state(running) is await bench.state(stopped) is State.UNKNOWN
    assert await bench.state(other) is State.RUNNING
    assert bench.world.machines.keys() == {running.id, stopped.id, other.id}
    for compute in (running, stopped):
        bench.world.silence(compute.id, silent=False)
    await bench.sweep()
    for compute, state in ((running, State.RUNNING), (stopped, State.STOPPED)):
        healed = await bench.read(compute)
        assert (healed.state, healed.errors) == (state, ())


async def test_a_member_that_is_back_at_once_leaves_no_trace(bench: Bench) -> None:
    compute = await bench.running()
    for _ in range(3):
        bench.world.silence(compute.id)
        await bench.sweep()
        await bench.pass_time(10)
        bench.world.silence(compute.id, silent=False)
        await bench.pass_time(10)
    found = await bench.read(compute)
    assert (found.state, found.errors) == (State.RUNNING, ())


async def test_a_delete_of_a_machine_out_of_reach_waits_for_its_host(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.silence(compute.id)
    await bench.request(compute, Event.DELETE)
    await bench.pass_time(60, step=5)
    found = await bench.read(compute)
    assert found.state is State.DELETING
    assert "the host of the machine does not answer" in found.errors[0].message
    bench.world.silence(compute.id, silent=False)
    await bench.pass_time(30)
    assert await bench.find(compute) is None
    assert compute.id not in bench.world.machines


async def test_an_orphan_out_of_reach_is_never_taken_for_removed(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.silence(compute.id)
    async with bench.database.transaction() as tx:
        await tx.computes.remove(compute.id)
        await tx.operations.add(
            an_operation(compute.id, kind="Delete", status=OperationStatus.SUCCEEDED)
        )
    await bench.sweep()
    assert compute.id in bench.world.machines
    bench.world.silence(compute.id, silent=False)
    await bench.sweep()
    assert compute.id not in bench.world.machines


async def test_an_instance_whose_row_lost_its_due_time_is_still_driven(bench: Bench) -> None:
    compute = await bench.create()
    async with bench.database.transaction() as tx:
        assert await tx.computes.save(compute, if_etag=compute.etag, due_at=None)
    await bench.settle()
    assert await bench.state(compute) is State.CREATING
    await bench.sweep()
    assert await bench.state(compute) is State.RUNNING


async def test_only_an_orphan_that_a_finished_delete_names_is_removed(bench: Bench) -> None:
    deleted, restored = await bench.running(), await bench.running()
    machine = bench.world.machines[deleted.id]
    await bench.request(deleted, Event.DELETE)
    await bench.settle()
    bench.world.machines[deleted.id] = machine  # a stalled replica finished its start late
    async with bench.database.transaction() as tx:
        await tx.computes.remove(restored.id)  # a database restored from an older backup
    await bench.sweep()
    assert set(bench.world.machines) == {restored.id}
    assert bench.reconciler.orphans["local"] == {restored.id}


async def test_a_delete_in_progress_is_no_proof(bench: Bench) -> None:
    compute = await bench.running()
    async with bench.database.transaction() as tx:
        await tx.operations.add(an_operation(compute.id, kind="Delete"))
        await tx.operations.add(
            an_operation(compute.id, kind="Stop", status=OperationStatus.SUCCEEDED)
        )
        await tx.computes.remove(compute.id)
    await bench.sweep()
    assert compute.id in bench.world.machines


async def test_a_machine_of_another_deployment_is_nobodys_business(bench: Bench) -> None:
    bench.engine.list_owned = _empty
    compute = await bench.running()
    await bench.sweep()
    assert await bench.state(compute) is State.RUNNING, "a sweep only wakes; the driver looks"


async def _empty() -> dict[str, Observation]:
    return {}
