"""Virtual networks in both databases."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from studiolo.domain.machine import VirtualSubnet
from tests.support.values import NOW, a_compute, a_network, a_subnet, a_workspace


async def test_a_network_is_found_by_name_whatever_its_case(database):
    network = a_network(name="Lab", subnets=("Two", "One"))
    async with database.transaction() as tx:
        await tx.networks.add(network)
    async with database.reading() as tx:
        found = await tx.networks.get(network.subscription, "RG", "lab")
        assert found is not None
        assert [each.name for each in found.subnets] == ["One", "Two"]
        assert replace(found, subnets=()) == replace(network, subnets=())
        assert found.subnet("TWO") == network.subnet("Two")
        assert await tx.networks.get(network.subscription, "rg", "other") is None


async def test_two_networks_of_a_group_have_two_names(database):
    async with database.transaction() as tx:
        await tx.networks.add(a_network(name="lab"))
    with pytest.raises(IntegrityError):
        async with database.transaction() as tx:
            await tx.networks.add(a_network(name="LAB"))


async def test_lists_are_in_order_and_in_pages(database):
    async with database.transaction() as tx:
        for name in ("c", "a", "b"):
            await tx.networks.add(a_network(name=name))
    async with database.reading() as tx:
        first = await tx.networks.page_group(a_network().subscription, "rg", None, 2)
        rest = await tx.networks.page_group(a_network().subscription, "rg", "b", 2)
        assert [each.name for each in [*first, *rest]] == ["a", "b", "c"]
        every = await tx.networks.page_subscription(a_network().subscription, None, 9)
        assert {each.name for each in every} == {"a", "b", "c"}
        after = await tx.networks.page_subscription(a_network().subscription, every[0].id, 9)
        assert after == every[1:]


async def test_saving_replaces_the_subnets_and_compares_the_etag(database):
    network = a_network(subnets=("one", "two"))
    wanted = replace(network, etag="new", subnets=(a_subnet(network, "three"),))
    async with database.transaction() as tx:
        await tx.networks.add(network)
        assert not await tx.networks.save(wanted, if_etag="other")
        assert await tx.networks.save(wanted, if_etag=network.etag)
    async with database.reading() as tx:
        assert await tx.networks.get(network.subscription, "rg", network.name) == wanted
        assert await tx.networks.subnets_in(network.location) == list(wanted.subnets)
        assert await tx.networks.subnets_in("elsewhere") == []


async def test_a_subnet_is_used_by_the_instances_in_it(database):
    network, workspace = a_network(subnets=("one", "two")), a_workspace()
    one, two = network.subnets
    compute = a_compute(workspace, subnet=one.joined, private_ip="10.5.0.7")
    async with database.transaction() as tx:
        await tx.networks.add(network)
        await tx.workspaces.add(workspace)
        await tx.computes.add(compute, due_at=NOW)
    async with database.reading() as tx:
        assert await tx.networks.used([one.id, two.id]) == {one.id: compute.name}
        found = await tx.computes.by_id(compute.id)
        assert found == compute
        assert found.subnet == VirtualSubnet(one.id, one.prefix)


async def test_a_removed_network_takes_its_subnets_along(database):
    network = a_network(subnets=("one",))
    async with database.transaction() as tx:
        await tx.networks.add(network)
        assert await tx.networks.remove(network.id)
        assert not await tx.networks.remove(network.id)
    async with database.reading() as tx:
        assert await tx.networks.subnets_in(network.location) == []


async def test_whoever_writes_subnets_is_alone(database):
    order: list[str] = []
    held, asked = asyncio.Event(), asyncio.Event()

    async def first():
        async with database.transaction() as tx:
            await tx.networks.alone()
            held.set()
            await asked.wait()
            # Time enough for the other's one question, were it answered.
            for _ in range(20):
                await tx.networks.subnets_in("local")
            order.append("first")

    async def second():
        await held.wait()
        asked.set()
        async with database.transaction() as tx:
            await tx.networks.alone()
            order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["first", "second"]
