"""Compute instances and the claims on them, on every database."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from studiolo.domain.errors import Detail
from studiolo.domain.machine import Recipe, Step
from studiolo.domain.schedules import (
    Action,
    Cron,
    Firing,
    Frequency,
    Recurrence,
    Result,
    Schedule,
)
from studiolo.domain.states import State
from studiolo.store.computes import Version
from studiolo.store.database import Database
from tests.support.values import NOW, a_compute, a_workspace

LATER = NOW + timedelta(seconds=15)


async def stored(database: Database, **changes):
    workspace = a_workspace(name=changes.pop("workspace_name", "Vision"))
    compute = a_compute(workspace, **changes)
    async with database.transaction() as tx:
        await tx.workspaces.add(workspace)
        await tx.computes.add(compute, due_at=NOW)
    return compute


async def claim(database: Database, token: str, *, now=NOW, until=LATER):
    async with database.transaction() as tx:
        return await tx.leases.claim(
            now=now, until=until, token=token, limit=10, locations=["local"]
        )


async def test_what_is_stored_is_read_back_whole(database):
    compute = await stored(
        database,
        tags={"team": "vision", "ключ": "значение"},
        identity={"type": "SystemAssigned"},
        errors=(Detail("CreateFailed", "no disk", "disk"),),
        recipe=Recipe(Step.RESTORE, "friday"),
        spec={"vmSize": "Standard_DS3_v2", "nested": {"list": [1, 2.5, None]}},
    )
    async with database.reading() as tx:
        assert await tx.computes.by_id(compute.id) == compute


async def test_schedules_are_read_back_whole_and_the_earliest_is_found_when_it_is_due(database):
    last = Firing(NOW, LATER, Result.REFUSED, "It is CreateFailed.")
    recurring = Recurrence(Frequency.MONTH, 2, (8, 9), (0,), (), (1, 15))
    anchor = datetime(2025, 6, 1, 8)  # noqa: DTZ001 - a wall clock shows no zone
    schedules = (
        Schedule("a", Action.STOP, True, Cron("0 18 * * *"), "UTC", None, anchor, LATER, last),
        Schedule("b", Action.START, False, recurring, "Asia/Seoul", "2025-06-01T08:00:00", anchor),
    )
    compute = await stored(database, schedules=schedules)
    plain = await stored(database, name="bob-ci", workspace_name="Audio")
    async with database.reading() as tx:
        assert await tx.computes.by_id(compute.id) == compute
        assert await tx.computes.by_id(plain.id) == plain
        assert await tx.computes.firing(["local"], NOW) == []
        assert await tx.computes.firing(["local"], LATER) == [compute.id]


async def test_names_compare_without_regard_to_case(database):
    compute = await stored(database, name="Alice-CI")
    async with database.reading() as tx:
        assert await tx.computes.get(compute.workspace, "aLICE-ci") == compute
        assert await tx.computes.by_name("local", "ALICE-CI") == compute


async def test_a_name_is_unique_in_its_region_across_workspaces(database):
    await stored(database, name="alice-ci")
    with pytest.raises(IntegrityError):
        await stored(database, name="ALICE-CI", host_label="other", workspace_name="Audio")


async def test_a_save_with_a_stale_etag_changes_nothing(database):
    compute = await stored(database)
    moved = replace(compute, state=State.STOPPED, etag="two")
    async with database.transaction() as tx:
        assert await tx.computes.save(moved, if_etag=compute.etag, due_at=None)
    async with database.transaction() as tx:
        stale = replace(compute, state=State.RUNNING, etag="three")
        assert not await tx.computes.save(stale, if_etag=compute.etag, due_at=None)
    async with database.reading() as tx:
        assert await tx.computes.by_id(compute.id) == moved


async def test_an_exception_rolls_everything_back(database):
    compute = await stored(database)
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await tx.computes.remove(compute.id)
            raise RuntimeError
    async with database.reading() as tx:
        assert await tx.computes.by_id(compute.id) == compute


async def test_pages_follow_each_other_without_gap_or_repeat(database):
    workspace = a_workspace()
    names = [f"ci-{number:03d}" for number in range(25)]
    async with database.transaction() as tx:
        await tx.workspaces.add(workspace)
        for name in reversed(names):
            await tx.computes.add(a_compute(workspace, name=name), due_at=NOW)
    seen, after = [], None
    async with database.reading() as tx:
        while page := await tx.computes.page(workspace.id, after, 10):
            seen += [compute.name for compute in page]
            after = seen[-1]
    assert seen == names


async def test_a_claimed_instance_is_not_claimed_again_before_its_lease_ends(database):
    compute = await stored(database)
    first = await claim(database, "one")
    assert [found.id for found, _ in first] == [compute.id]
    assert await claim(database, "two") == []
    taken_over = await claim(database, "two", now=LATER + timedelta(seconds=1))
    assert [found.id for found, _ in taken_over] == [compute.id]


async def test_what_is_not_due_is_not_claimed(database):
    await stored(database)
    assert await claim(database, "one", now=NOW - timedelta(seconds=1)) == []


async def test_a_lost_claim_cannot_write(database):
    compute = await stored(database)
    await claim(database, "one")
    await claim(database, "two", now=LATER + timedelta(seconds=1))
    ready = replace(compute, state=State.RUNNING, etag="ready")
    async with database.transaction() as tx:
        for attempt in (
            tx.leases.settle(ready, token="one", if_etag=compute.etag, due_at=None, attempts=0),
            tx.leases.release(compute.id, token="one"),
            tx.leases.remove(compute.id, token="one", if_etag=compute.etag),
        ):
            assert not await attempt
        assert await tx.leases.renew([compute.id], token="one", until=LATER) == set()
    async with database.reading() as tx:
        assert await tx.computes.by_id(compute.id) == compute


async def test_a_request_made_during_the_work_beats_the_works_result(database):
    compute = await stored(database)
    await claim(database, "one")
    asked = replace(compute, state=State.DELETING, etag="asked")
    async with database.transaction() as tx:
        assert await tx.computes.save(asked, if_etag=compute.etag, due_at=NOW)
    async with database.transaction() as tx:
        ready = replace(compute, state=State.RUNNING, etag="ready")
        assert not await tx.leases.settle(
            ready, token="one", if_etag=compute.etag, due_at=None, attempts=0
        )
        assert await tx.leases.release(compute.id, token="one")
    again = await claim(database, "two")
    assert [(found.state, found.etag) for found, _ in again] == [(State.DELETING, "asked")]


async def test_waking_makes_due_and_never_puts_off(database):
    compute = await stored(database)
    async with database.transaction() as tx:
        await tx.computes.save(replace(compute, etag="b"), if_etag=compute.etag, due_at=None)
    async with database.transaction() as tx:
        await tx.leases.wake([compute.id], now=NOW)
    async with database.transaction() as tx:
        await tx.leases.wake([compute.id], now=LATER)
        assert await tx.leases.next_due(["local"]) == NOW


async def test_the_newest_changes_of_a_workspace_are_found_first(database):
    workspace = a_workspace()
    made = [a_compute(workspace, name=f"ci-{i}", host_label=f"ci-{i}") for i in range(4)]
    async with database.transaction() as tx:
        await tx.workspaces.add(workspace)
        for each in made:
            await tx.computes.add(each, due_at=NOW)
        assert await tx.computes.save(replace(made[1], etag="new"), if_etag="one", due_at=None)
    async with database.reading() as tx:
        newest = await tx.computes.versions(workspace.id, newest=2)
        assert newest == {
            made[1].id: Version("ci-1", "new"),
            made[3].id: Version("ci-3", made[3].etag),
        }
        assert len(await tx.computes.versions(workspace.id)) == 4
        assert await tx.computes.count(workspace.id) == 4
        assert await tx.computes.versions("elsewhere") == {}


async def test_a_claim_is_no_change_and_its_end_is(database):
    first = await stored(database, name="one")
    second = replace(first, id="ci-2", name="two", host_label="two")
    async with database.transaction() as tx:
        await tx.computes.add(second, due_at=LATER)

    async def newest() -> list[str]:
        async with database.reading() as tx:
            return list(await tx.computes.versions(first.workspace, newest=1))

    await claim(database, "token")
    assert await newest() == [second.id]
    async with database.transaction() as tx:
        settled = replace(first, etag="new")
        assert await tx.leases.settle(
            settled, token="token", if_etag=first.etag, due_at=None, attempts=0
        )
    assert await newest() == [first.id]


async def test_what_is_asked_for_by_ids_is_found_in_any_number(database):
    compute = await stored(database)
    async with database.reading() as tx:
        found = await tx.computes.by_ids([f"ci-{i}" for i in range(1200)] + [compute.id])
    assert found == {compute.id: compute}


async def test_listeners_are_told_of_commits_that_wrote_an_instance_and_of_no_others(database):
    told = []
    database.on_computes_written(lambda: told.append(1))
    compute = await stored(database)
    assert len(told) == 1
    await claim(database, "token")
    async with database.reading() as tx:
        await tx.computes.by_id(compute.id)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.computes.remove(compute.id)
            raise ZeroDivisionError
    assert len(told) == 1
    async with database.transaction() as tx:
        await tx.computes.remove(compute.id)
    assert len(told) == 2
