"""Quota is granted once, whoever asks at the same time."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studiolo.domain.errors import QuotaExceeded
from studiolo.domain.quota import TOTAL
from studiolo.store.database import Database
from tests.support.values import NOW, a_compute, a_workspace

FAMILY = "standardDSv2Family"


async def reserve(database: Database, workspace, number: int, *, limit=100, total=100) -> bool:
    compute = a_compute(workspace, name=f"ci-{number}")
    try:
        async with database.transaction() as tx:
            await tx.quota.reserve(compute.id, "local", FAMILY, 4, {FAMILY: limit, TOTAL: total})
            await tx.computes.add(compute, due_at=NOW)
    except QuotaExceeded:
        return False
    return True


async def used(database: Database) -> dict[str, int]:
    async with database.reading() as tx:
        return {usage.family: usage.used for usage in await tx.quota.usage("local")}


@pytest.fixture
async def workspace(database):
    made = a_workspace()
    async with database.transaction() as tx:
        await tx.workspaces.add(made)
    return made


async def test_two_hundred_parallel_creates_never_over_grant(database, workspace):
    granted = await asyncio.gather(
        *(reserve(database, workspace, number, limit=60, total=100) for number in range(200))
    )
    assert sum(granted) == 15
    assert await used(database) == {FAMILY: 60, TOTAL: 60}
    async with database.reading() as tx:
        assert sum(holder.vcpus for holder in await tx.quota.holders("local")) == 60


async def test_the_regional_total_refuses_and_leaves_the_family_as_it_was(database, workspace):
    assert await reserve(database, workspace, 1, total=6)
    assert not await reserve(database, workspace, 2, total=6)
    assert await used(database) == {FAMILY: 4, TOTAL: 4}


async def test_the_refusal_names_limit_use_request_and_holders(database, workspace):
    await reserve(database, workspace, 1, limit=6)
    with pytest.raises(QuotaExceeded) as refused:
        async with database.transaction() as tx:
            await tx.quota.reserve("ci-x", "local", FAMILY, 4, {FAMILY: 6, TOTAL: 100})
    message = refused.value.message
    for part in ("4 vCPUs of standardDSv2Family", "4 of 6", "ci-1 of alice (4)", "local"):
        assert part in message


async def test_releasing_twice_gives_back_once(database, workspace):
    compute = a_compute(workspace)
    async with database.transaction() as tx:
        await tx.quota.reserve(compute.id, "local", FAMILY, 4, {FAMILY: 10, TOTAL: 10})
        await tx.quota.reserve("ci-other", "local", FAMILY, 2, {FAMILY: 10, TOTAL: 10})
    for _ in range(2):
        async with database.transaction() as tx:
            await tx.quota.release(compute.id)
    assert await used(database) == {FAMILY: 2, TOTAL: 2}


async def test_a_limit_set_below_use_grants_nothing_more(database, workspace):
    assert await reserve(database, workspace, 1)
    async with database.transaction() as tx:
        await tx.quota.set_limit("local", FAMILY, 2)
    assert not await reserve(database, workspace, 2)
    assert await used(database) == {FAMILY: 4, TOTAL: 4}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["reserve", "release"]), st.integers(0, 4), st.integers(1, 9)),
        max_size=25,
    )
)
async def test_counters_always_equal_the_holds(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("quota")
    database = Database.open(f"sqlite+aiosqlite:///{folder / 'q.db'}")
    await database.create_all()
    held: dict[int, int] = {}
    try:
        for verb, slot, vcpus in steps:
            async with database.transaction() as tx:
                if verb == "release":
                    await tx.quota.release(f"ci-{slot}")
                    held.pop(slot, None)
                elif slot not in held and sum(held.values()) + vcpus <= 20:
                    await tx.quota.reserve(
                        f"ci-{slot}", "local", FAMILY, vcpus, {FAMILY: 20, TOTAL: 20}
                    )
                    held[slot] = vcpus
        expected = sum(held.values())
        assert all(count == expected for count in (await used(database)).values())
    finally:
        await database.close()


OTHER = "standardNCFamily"


async def move(database: Database, compute: str, family: str, vcpus: int, *, limit=8) -> bool:
    try:
        async with database.transaction() as tx:
            limits = {family: limit, TOTAL: 10}
            await tx.quota.move(compute, "local", family, vcpus, limits)
    except QuotaExceeded:
        return False
    return True


async def test_a_move_takes_only_what_is_more_and_gives_back_what_is_less(database, workspace):
    compute = a_compute(workspace, name="ci-1")
    async with database.transaction() as tx:
        await tx.quota.reserve(compute.id, "local", FAMILY, 4, {FAMILY: 8, TOTAL: 10})
        await tx.computes.add(compute, due_at=NOW)
    steps = [
        (FAMILY, 8, {FAMILY: 8, TOTAL: 8}),
        (FAMILY, 2, {FAMILY: 2, TOTAL: 2}),
        (OTHER, 6, {FAMILY: 0, OTHER: 6, TOTAL: 6}),
        (OTHER, 6, {FAMILY: 0, OTHER: 6, TOTAL: 6}),
        (FAMILY, 8, {FAMILY: 8, OTHER: 0, TOTAL: 8}),
    ]
    for family, vcpus, after in steps:
        assert await move(database, compute.id, family, vcpus)
        assert await used(database) == after
    async with database.reading() as tx:
        (holder,) = await tx.quota.holders("local")
    assert (holder.family, holder.vcpus) == (FAMILY, 8)
    async with database.transaction() as tx:
        await tx.quota.release(compute.id)
    assert await used(database) == {FAMILY: 0, OTHER: 0, TOTAL: 0}


async def test_a_move_that_finds_no_room_changes_nothing(database, workspace):
    await reserve(database, workspace, 1, limit=8, total=10)
    await reserve(database, workspace, 2, limit=8, total=10)
    async with database.reading() as tx:
        compute = (await tx.computes.in_workspace(workspace.id))[0].id
    before = await used(database)
    for family, vcpus in ((FAMILY, 8), (OTHER, 8), (OTHER, 9)):
        assert not await move(database, compute, family, vcpus)
        assert await used(database) == before
    assert await move(database, compute, OTHER, 6), "its own vCPUs count as free"


async def test_moves_between_two_families_at_once_neither_block_nor_lose_a_vcpu(
    database, workspace
):
    computes = [a_compute(workspace, name=f"ci-{number}") for number in range(6)]
    limits = {FAMILY: 100, OTHER: 100, TOTAL: 100}
    async with database.transaction() as tx:
        for number, compute in enumerate(computes):
            family = (FAMILY, OTHER)[number % 2]
            await tx.quota.reserve(compute.id, "local", family, 4, limits)
            await tx.computes.add(compute, due_at=NOW)

    async def change(number: int) -> None:
        async with database.transaction() as tx:
            family = (OTHER, FAMILY)[number % 2]
            await tx.quota.move(computes[number].id, "local", family, 3, limits)

    await asyncio.gather(*(change(number) for number in range(6)))
    assert await used(database) == {FAMILY: 9, OTHER: 9, TOTAL: 18}
