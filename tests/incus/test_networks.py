"""Who reaches whom, tried in real containers by their root.

Every "cannot" stands beside a "can" of the same kind, so that a broken probe is not taken for a
closed door.
"""

import asyncio
from dataclasses import replace

import pytest
from tests.support import towns
from tests.support.incus import close, temporary_region

from studiolo.domain.machine import AGENT_PORT
from studiolo.engines.conformance import until, well


@pytest.fixture(scope="module")
def built(machine_image):
    """Machines `a` and `b` in the region's network, `c` there without a way out; `m` and, without
    a way out, `n` in one subnet; `x` in another. And a place outside.
    """
    region = temporary_region()
    one, two = towns.new_subnet(), towns.new_subnet(28)
    wanted = {
        "a": towns.machine(),
        "b": towns.machine(),
        "c": towns.machine(public_ip=False),
        "m": towns.machine(one),
        "n": towns.machine(one, public_ip=False),
        "x": towns.machine(two),
    }
    try:
        people = asyncio.run(_settled(region, wanted))
        with towns.outside() as place:
            yield region, people, place
    finally:
        asyncio.run(_leave(region))


async def _settled(region, wanted):
    async with towns.own_engines(region):
        return await towns.settle(region, wanted)


async def _leave(region):
    engine = region.engine()
    for machine_id in await engine.list_owned():
        await engine.delete(machine_id)
    for network in await engine.list_networks():
        await engine.remove_network(network)
    assert await engine.list_networks() == frozenset()
    await close(region)


@pytest.fixture
async def town(built):
    region, people, _ = built
    async with towns.own_engines(region):
        yield towns.Town(region, people)


@pytest.fixture
def place(built):
    return built[2]


async def some(tries):
    """Whether any of these attempts, made at once, succeeds."""
    return any(await asyncio.gather(*tries))


async def every(tries):
    """Whether all of these attempts, made at once, succeed."""
    return all(await asyncio.gather(*tries))


async def test_machines_of_the_region_do_not_reach_each_other_but_the_host_reaches_all(town):
    # The host has: their agents have answered it, or the fixture would have failed.
    assert await town.connects("a", town["a"].address, AGENT_PORT)
    pairs = (("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"))
    assert not await some(town.reaches(one, other) for one, other in pairs)
    assert not await some(town.pings(one, town[other].address) for one, other in pairs)
    assert not await some(town.finds(one, town[other].address) for one, other in pairs)
    assert await town.finds("a", town["a"].gateway)
    assert await town.pings("a", town["a"].gateway)


async def test_the_gateway_is_no_way_round_for_a_machine_that_adds_routes(town):
    await town.listen("b", 5353)
    for name in ("a", "m"):
        route = (f"{town['b'].address}/32", "via", town[name].gateway)
        assert (await town.root(name, "ip", "route", "replace", *route))[0] == 0
        assert not await town.reaches(name, "b")
        await town.send(name, town["b"].address, 5353, f"from-{name}")
    assert await town.heard_after_the_host("b", 5353) == {"host"}


async def test_members_of_a_subnet_reach_each_other(town):
    pairs = (("m", "n"), ("n", "m"))
    assert await every(town.reaches(one, other) for one, other in pairs)
    assert await every(town.pings(one, town[other].address) for one, other in pairs)
    assert await every(town.finds(one, town[other].address) for one, other in pairs)


async def test_subnets_reach_neither_each_other_nor_the_regions_network(town):
    pairs = (("m", "x"), ("x", "m"), ("n", "x"), ("x", "n"), ("m", "a"), ("a", "m"), ("c", "m"))
    assert not await some(town.reaches(one, other) for one, other in pairs)
    assert not await some(town.pings(one, town[other].address) for one, other in pairs)


async def test_only_machines_with_a_way_out_get_out(town, place):
    server = (place.address, place.port)
    assert await every(town.connects(name, *server) for name in ("a", "m", "x"))
    for name in ("c", "n"):
        await town.root(name, "ip", "route", "replace", "default", "via", town[name].gateway)
    kept = ("c", "n")
    assert not await some(town.connects(name, *server) for name in kept)
    for host in (place.address, place.host):
        assert not await some(town.pings(name, host) for name in kept)
    assert not await some(town.pings(name, town[name].gateway) for name in kept)


async def test_without_a_way_out_no_name_server_of_the_host_answers(town):
    servers = {town[name].gateway for name in ("a", "m", "x")}
    assert await town.resolves("m", town["m"].gateway)
    tries = [(name, server) for name in ("c", "n") for server in servers]
    assert not await some(town.resolves(name, server) for name, server in tries)
    assert not await some(town.connects(name, server, 53) for name, server in tries)


async def test_no_machine_is_reached_from_outside(town, place):
    assert not await some(asyncio.to_thread(place.reaches, each) for each in town.people.values())


async def test_another_address_does_not_let_a_machine_out_or_pass_for_another(town, place):
    for name, with_way_out in (("c", "a"), ("n", "m")):
        other = towns.neighbour(town[with_way_out].address)
        await town.root(name, "ip", "route", "replace", "default", "via", town[name].gateway)
        for stolen in (other, town[with_way_out].address):
            await town.root(name, "ip", "address", "add", f"{stolen}/32", "dev", "eth0")
            assert not await town.connects(name, place.address, place.port, stolen)
            await town.root(name, "ip", "address", "del", f"{stolen}/32", "dev", "eth0")
    assert await town.reaches("m", "n")


async def test_another_mac_address_is_not_heard(town):
    own = (await town.root("m", "cat", "/sys/class/net/eth0/address"))[1].strip()
    assert await town.finds("m", town["n"].address)
    taken = "02:00:00:00:00:99"
    assert (await town.root("m", "ip", "link", "set", "eth0", "address", taken))[0] == 0
    assert not await town.finds("m", town["n"].address)
    assert not await town.reaches("m", "n")
    assert (await town.root("m", "ip", "link", "set", "eth0", "address", own))[0] == 0
    assert await town.reaches("m", "n")


async def test_ipv6_is_no_way_to_a_neighbour_or_the_host(town):
    """Members of a subnet may speak it among themselves: the probe's control."""
    for name, own in (("a", "fe80::a"), ("b", "fe80::b"), ("m", "fe80::c"), ("n", "fe80::d")):
        add = ("ip", "-6", "address", "replace", f"{own}/64", "dev", "eth0", "nodad")
        assert (await town.root(name, *add))[0] == 0
    assert await town.pings("m", "fe80::d%eth0")
    assert not await town.pings("a", "fe80::b%eth0")
    for name in ("a", "n"):
        assert not await town.pings(name, "ff02::2%eth0")


async def test_a_machine_is_in_its_network_again_after_stop_and_start(town, place):
    engine, before = town.region.engine(), town["n"]
    await engine.stop(before.spec.id, grace=10)
    again = replace(before.spec, generation=before.spec.generation + 1)
    await engine.ensure(again)
    await until(engine, again.id, well)
    assert await towns.inhabitant(town.region, again) == replace(before, spec=again)
    assert await town.reaches("m", "n")
    await town.root("n", "ip", "route", "replace", "default", "via", before.gateway)
    assert not await town.connects("n", place.address, place.port)
