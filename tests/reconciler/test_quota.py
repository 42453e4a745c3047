"""Quota over the whole of a create, on both databases."""

import asyncio

from studiolo.domain.errors import QuotaExceeded
from studiolo.domain.quota import TOTAL
from studiolo.domain.states import Event, State
from tests.support.machines import compute_in
from tests.support.reconciling import FAMILY, Bench


async def _create(bench: Bench) -> str | None:
    compute = compute_in(State.CREATING, at=bench.clock(), workspace=bench.workspace)
    try:
        async with bench.database.transaction() as tx:
            await tx.quota.reserve(compute.id, "local", FAMILY, 4, {FAMILY: 100, TOTAL: 60})
            await tx.computes.add(compute, due_at=bench.clock())
    except QuotaExceeded:
        return None
    return compute.id


async def test_two_hundred_parallel_creates_are_granted_what_there_is_and_no_more(
    bench: Bench,
) -> None:
    made = [each for each in await asyncio.gather(*(_create(bench) for _ in range(200))) if each]
    assert len(made) == 15
    assert await bench.used() == 60
    await bench.settle()
    assert set(bench.world.machines) == set(made)


async def test_creates_and_deletes_at_once_leave_the_counters_right(bench: Bench) -> None:
    computes = [await bench.running() for _ in range(15)]

    async def churn() -> None:
        for compute in computes:
            await bench.request(compute, Event.DELETE)
            await bench.reconciler.claim_due()
        await bench.reconciler.settled()

    async with bench.database.transaction() as tx:
        await tx.quota.set_limit("local", TOTAL, 60)
    results = await asyncio.gather(churn(), *(_create(bench) for _ in range(60)))
    await bench.settle()
    made = [each for each in results if each]
    assert set(bench.world.machines) == set(made)
    assert await bench.used() == 4 * len(made) <= 60
