"""Operations, facts, workspaces, groups and the activity log."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from studiolo.domain.errors import Detail
from studiolo.domain.resources import ActivityEntry, OperationStatus
from studiolo.store.activity import Matching
from tests.support.values import NOW, SUBSCRIPTION, a_group, a_workspace, an_operation


async def test_an_operation_ends_once(database):
    operation = an_operation("ci-1")
    async with database.transaction() as tx:
        await tx.operations.add(operation)
    async with database.transaction() as tx:
        assert [found.id for found in await tx.operations.open_for("ci-1")] == [operation.id]
        failed = Detail("CreateFailed", "no disk")
        assert await tx.operations.end(operation, OperationStatus.FAILED, NOW, failed)
        assert not await tx.operations.end(operation, OperationStatus.SUCCEEDED, NOW)
    async with database.reading() as tx:
        assert await tx.operations.get(operation.id) == replace(
            operation, status=OperationStatus.FAILED, ended_at=NOW, error=failed
        )
        assert await tx.operations.open_for("ci-1") == []


async def test_only_finished_deletes_are_proof_of_deletion(database):
    async with database.transaction() as tx:
        await tx.operations.add(an_operation("ci-1", kind="Delete"))
        done = an_operation("ci-2", kind="Delete", status=OperationStatus.SUCCEEDED)
        await tx.operations.add(done)
        await tx.operations.add(an_operation("ci-3", status=OperationStatus.SUCCEEDED))
    async with database.reading() as tx:
        assert await tx.operations.deleted(["ci-1", "ci-2", "ci-3", "ci-4"]) == {"ci-2"}


async def test_purge_forgets_only_what_ended_long_ago(database):
    old = an_operation("ci-1", status=OperationStatus.SUCCEEDED, ended_at=NOW)
    new = an_operation("ci-2", status=OperationStatus.SUCCEEDED, ended_at=NOW + timedelta(days=2))
    open_one = an_operation("ci-3")
    async with database.transaction() as tx:
        for operation in (old, new, open_one):
            await tx.operations.add(operation)
        assert await tx.operations.purge(ended_before=NOW + timedelta(days=1)) == 1
    async with database.reading() as tx:
        assert await tx.operations.get(old.id) is None
        assert await tx.operations.get(new.id) == new
        assert await tx.operations.get(open_one.id) == open_one


async def test_every_replica_gets_the_same_fact(database):
    async def offer(value: str) -> str:
        async with database.transaction() as tx:
            return await tx.facts.set_once("tenant", value)

    answers = await asyncio.gather(*(offer(str(number)) for number in range(10)))
    assert len(set(answers)) == 1


async def test_workspaces_are_found_without_regard_to_case(database):
    workspace = a_workspace(name="Vision", resource_group="Team")
    async with database.transaction() as tx:
        await tx.workspaces.add(workspace)
    async with database.reading() as tx:
        assert await tx.workspaces.get(SUBSCRIPTION.upper(), "TEAM", "vision") == workspace
        assert await tx.workspaces.get(SUBSCRIPTION, "other", "vision") is None


async def test_a_workspace_marked_for_deletion_is_found_by_the_reconciler(database):
    workspace = a_workspace()
    marked = replace(workspace, deleting=True, etag="two")
    async with database.transaction() as tx:
        await tx.workspaces.add(workspace)
        assert await tx.workspaces.being_deleted() == []
        assert await tx.workspaces.save(marked, if_etag=workspace.etag)
    async with database.reading() as tx:
        assert await tx.workspaces.being_deleted() == [marked]


async def test_groups_round_trip(database):
    group = a_group(tags={"a": "b"})
    async with database.transaction() as tx:
        await tx.groups.add(group)
        assert await tx.groups.get(SUBSCRIPTION, "TEAM") == group
        assert await tx.groups.page(SUBSCRIPTION, None, 10) == [group]
        assert await tx.groups.remove(group.id)
        assert await tx.groups.get(SUBSCRIPTION, "team") is None


async def test_activity_is_found_at_a_scope_and_below_only(database):
    async with database.transaction() as tx:
        for scope in ("/s/1/g/a", "/s/1/g/a/w/x", "/s/1/g/ab", "/s/1/g/A%_"):
            entry = ActivityEntry(NOW, "p", "alice", "read", scope, "Succeeded", "c")
            await tx.activity.add(entry)
    async with database.reading() as tx:
        found = [entry.scope for _, entry in await tx.activity.page("/S/1/g/A", None, 10)]
        assert found == ["/s/1/g/a/w/x", "/s/1/g/a"]
        newest = await tx.activity.page("", None, 1)
        older = await tx.activity.page("", newest[0][0], 10)
        assert len(older) == 3


async def test_activity_of_several_scopes_is_one_list_newest_first(database):
    await _lines(database, [("/s/a", 2), ("/s/b/x", 0), ("/s/c", 3), ("/s/b", 1)])
    async with database.reading() as tx:
        found = await tx.activity.page(["/s/a", "/s/b"], None, 10)
    assert [entry.scope for _, entry in found] == ["/s/a", "/s/b", "/s/b/x"]


async def test_activity_pages_by_time_lose_and_repeat_nothing_of_one_instant(database):
    await _lines(database, [(f"/s/{i}", i // 7) for i in range(40)])
    seen, before = [], None
    async with database.reading() as tx:
        while found := await tx.activity.page("/s", before, 3):
            seen += [entry.scope for _, entry in found]
            before = found[-1][0]
    assert seen == [f"/s/{i}" for i in reversed(range(40))]


async def test_activity_is_narrowed_by_time_caller_and_status_whatever_their_case(database):
    await _lines(database, [("/s/a", 0), ("/s/b", 1), ("/s/c", 2)])
    async with database.transaction() as tx:
        entry = ActivityEntry(NOW, "P-2", "Bob", "read", "/s/d", "Failed", "c")
        await tx.activity.add(replace(entry, principal="p-2"))

    async def found(**asked) -> list[str]:
        async with database.reading() as tx:
            lines = await tx.activity.page("/s", None, 10, Matching(**asked))
        return [entry.scope for _, entry in lines]

    second = NOW + timedelta(seconds=1)
    assert await found(since=second) == ["/s/c", "/s/b"]
    assert await found(until=second, caller="ALICE") == ["/s/b", "/s/a"]
    assert await found(caller="bob") == await found(caller="P-2") == ["/s/d"]
    assert await found(status="failed") == ["/s/d"]
    assert await found(status="failed", caller="alice") == []


async def _lines(database, lines) -> None:
    """Lines of alice's, each a scope and the second it was written in."""
    async with database.transaction() as tx:
        for scope, second in lines:
            at = NOW + timedelta(seconds=second)
            await tx.activity.add(ActivityEntry(at, "p", "Alice", "do", scope, "Accepted", "c"))
