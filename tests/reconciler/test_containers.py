"""Deleting a workspace or a resource group deletes what is in it, and tells when it cannot."""

from studiolo.domain.resources import OperationStatus
from studiolo.domain.states import Event, State
from studiolo.engines.base import Permanent
from tests.support.reconciling import Bench
from tests.support.values import a_group, an_operation
from tests.support.workspaces import delete_workspace


async def _work(bench: Bench) -> None:
    for _ in range(6):
        await bench.reconciler.delete_containers()
        await bench.settle()


async def test_a_workspace_goes_after_all_its_instances(bench: Bench) -> None:
    computes = [await bench.running(), await bench.stopped(), await bench.create()]
    operation = await delete_workspace(bench)
    await bench.reconciler.delete_containers()
    for compute in computes:
        assert await bench.state(compute) is State.DELETING
    await _work(bench)
    async with bench.database.reading() as tx:
        assert await tx.workspaces.by_id(bench.workspace.id) is None
    for compute in computes:
        assert await bench.find(compute) is None
        assert (await bench.last(compute, "Delete")).status is OperationStatus.SUCCEEDED
    assert bench.world.machines == {}
    assert await bench.used() == 0
    assert (await bench.operation(operation)).status is OperationStatus.SUCCEEDED


async def test_an_instance_that_cannot_be_deleted_keeps_its_workspace(bench: Bench) -> None:
    compute = await bench.running(name="stuck")
    operation = await delete_workspace(bench)
    bench.world.fail_next("delete", Permanent("The disk is read-only; make it writable."))
    bench.clock.advance(1)
    await _work(bench)
    ended = await bench.operation(operation)
    assert ended.status is OperationStatus.FAILED
    assert "'stuck' could not be: The disk is read-only" in ended.error.message
    async with bench.database.reading() as tx:
        kept = await tx.workspaces.by_id(bench.workspace.id)
    assert kept is not None
    assert not kept.deleting
    bench.clock.advance(1)
    await delete_workspace(bench)
    await _work(bench)
    assert await bench.find(compute) is None


async def test_a_group_goes_after_all_its_workspaces(bench: Bench) -> None:
    group = a_group(name=bench.workspace.resource_group)
    operation = an_operation(group.id, kind="Delete")
    compute = await bench.running()
    async with bench.database.transaction() as tx:
        await tx.groups.add(group)
        await tx.operations.add(operation)
    await _work(bench)
    assert await bench.find(compute) is None
    async with bench.database.reading() as tx:
        assert await tx.groups.get(group.subscription, group.name) is None
        assert await tx.workspaces.by_id(bench.workspace.id) is None
    assert (await bench.operation(operation)).status is OperationStatus.SUCCEEDED
    assert (await bench.last(bench.workspace, "Delete")).status is OperationStatus.SUCCEEDED


async def test_a_group_that_cannot_be_emptied_says_why(bench: Bench) -> None:
    group = a_group(name=bench.workspace.resource_group)
    await bench.running(name="stuck")
    bench.world.fail_next("delete", Permanent("The disk is read-only."))
    operation = an_operation(group.id, kind="Delete", started_at=bench.clock())
    async with bench.database.transaction() as tx:
        await tx.groups.add(group)
        await tx.operations.add(operation)
    bench.clock.advance(1)
    await _work(bench)
    ended = await bench.operation(operation)
    assert ended.status is OperationStatus.FAILED
    assert "The disk is read-only." in ended.error.message


async def test_a_request_that_came_first_is_overtaken_by_the_cascade(bench: Bench) -> None:
    compute = await bench.running()
    stop = await bench.request(compute, Event.STOP)
    await delete_workspace(bench)
    await _work(bench)
    assert (await bench.operation(stop)).status is OperationStatus.CANCELED


async def test_ended_operations_are_forgotten_after_a_week_but_deletes_are_kept(
    bench: Bench,
) -> None:
    compute = await bench.running()
    deletion = await bench.request(compute, Event.DELETE)
    await bench.settle()
    bench.clock.advance(8 * 24 * 3600)
    await bench.reconciler.purge()
    async with bench.database.reading() as tx:
        assert await tx.operations.last(compute.id, kind="Create") is None
        assert await tx.operations.get(deletion.id) is not None
