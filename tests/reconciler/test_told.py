"""The activity log tells how operations ended: once, and under the request that began them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from studiolo.domain.resources import Asked, OperationStatus
from studiolo.domain.states import Event
from studiolo.engines.base import Permanent
from studiolo.store.database import Database
from tests.support.reconciling import Bench
from tests.support.values import NOW, a_group, an_operation

ML = "Microsoft.MachineLearningServices"
ASKED = Asked("Microsoft.Resources/subscriptions/resourceGroups/delete", "bob", "group-goes")


async def test_an_end_follows_its_beginning_under_the_same_correlation(bench: Bench) -> None:
    await bench.running()
    async with bench.database.reading() as tx:
        (_, end), (_, beginning) = await tx.activity.page("", None, 10)
    assert end == replace(beginning, status="Succeeded", at=end.at)
    assert (beginning.status, beginning.correlation) == ("Accepted", "correlation-1")


async def test_a_failure_says_why(bench: Bench) -> None:
    bench.world.fail_next("ensure", Permanent("The image is not there; make it."))
    await bench.create()
    await bench.settle()
    (*_, (_, status, who, why)) = await bench.told()
    assert (status, who, why) == ("Failed", "alice", "The image is not there; make it.")


async def test_what_is_overtaken_is_told_as_canceled(bench: Bench) -> None:
    compute = await bench.stopped()
    bench.world.boot = timedelta(minutes=2)
    await bench.request(compute, Event.START)
    await bench.settle()
    await bench.request(compute, Event.STOP)
    await bench.settle()
    assert [status for _, status, _, _ in await bench.told()][-4:] == [
        "Accepted",
        "Canceled",
        "Accepted",
        "Succeeded",
    ]


async def test_an_operation_of_before_it_was_kept_who_asked_ends_untold(bench: Bench) -> None:
    operation = an_operation("r", asked=None)
    async with bench.database.transaction() as tx:
        await tx.operations.add(operation)
        assert await tx.operations.end(operation, OperationStatus.SUCCEEDED, NOW)
    assert await bench.told() == []


async def test_two_that_end_an_operation_at_once_tell_it_once(
    bench: Bench, database: Database
) -> None:
    operation = an_operation("r")
    async with database.transaction() as tx:
        await tx.operations.add(operation)

    async def end() -> bool:
        async with database.transaction() as tx:
            return await tx.operations.end(operation, OperationStatus.SUCCEEDED, NOW)

    assert sorted(await asyncio.gather(end(), end(), end())) == [False, False, True]
    assert [status for _, status, _, _ in await bench.told()] == ["Accepted", "Succeeded"]


async def test_an_end_that_is_not_stored_is_not_told(bench: Bench) -> None:
    operation = an_operation("r")

    async def end_and_fail() -> None:
        async with bench.database.transaction() as tx:
            await tx.operations.end(operation, OperationStatus.SUCCEEDED, NOW)
            raise ConnectionError

    async with bench.database.transaction() as tx:
        await tx.operations.add(operation)
    with pytest.raises(ConnectionError):
        await end_and_fail()
    assert [status for _, status, _, _ in await bench.told()] == ["Accepted"]


async def test_what_goes_with_a_group_is_told_under_the_groups_request(bench: Bench) -> None:
    group = a_group(name=bench.workspace.resource_group)
    await bench.running(name="inmate")
    operation = an_operation(group.id, kind="Delete", asked=ASKED, principal="bob-id")
    async with bench.database.transaction() as tx:
        await tx.groups.add(group)
        await tx.operations.add(operation)
    for _ in range(6):
        await bench.reconciler.delete_containers()
        await bench.settle()
    async with bench.database.reading() as tx:
        lines = [entry for _, entry in reversed(await tx.activity.page("", None, 100))]
    of_group = [each for each in lines if each.correlation == "group-goes"]
    assert {(each.principal, each.principal_name) for each in of_group} == {("bob-id", "bob")}
    assert [(each.operation.removeprefix(f"{ML}/"), each.status) for each in of_group] == [
        (ASKED.action, "Accepted"),
        ("workspaces/delete", "Accepted"),
        ("workspaces/computes/delete", "Accepted"),
        ("workspaces/computes/delete", "Succeeded"),
        ("workspaces/delete", "Succeeded"),
        (ASKED.action, "Succeeded"),
    ]
