"""Networks as objects of the daemon: made when needed, whosever they are, whatever is cut short."""

import asyncio
from dataclasses import replace

import pytest
from tests.support import towns
from tests.support.incus import NETWORK

from studiolo.domain.machine import Presence, VirtualSubnet
from studiolo.engines.base import Permanent, Temporary
from studiolo.engines.conformance import new_spec
from studiolo.engines.incus.address import Subnet


@pytest.fixture
async def engine(region):
    """An engine whose networks are gone after the test."""
    engine = region.engine()
    yield engine
    for machine_id in await engine.list_owned():
        await engine.delete(machine_id)
    for network in await engine.list_networks():
        await engine.remove_network(network)


async def _bridges(engine):
    return {each["name"] for each in await engine.daemon.get("/networks", recursion="1")}


async def test_a_network_is_made_once_listed_and_removed(engine):
    subnet = towns.new_subnet()
    for _ in range(2):
        await engine.ensure_network(subnet)
    assert await engine.list_networks() == {subnet.id}
    assert subnet.prefix not in await engine.occupied_prefixes()
    for _ in range(2):
        await engine.remove_network(subnet.id)
    assert await engine.list_networks() == frozenset()
    assert subnet.id not in await _bridges(engine)


async def test_the_regions_own_addresses_and_the_hosts_are_occupied(engine):
    region = await engine.daemon.get(f"/networks/{NETWORK}")
    gateway = region["config"]["ipv4.address"]
    occupied = await engine.occupied_prefixes()
    assert any(gateway.rpartition(".")[0] in each for each in occupied)
    assert len(occupied) > 1, "the host has an interface of its own"


async def test_a_strangers_network_is_neither_joined_nor_removed(engine, region):
    subnet = towns.new_subnet()
    other = region.engine("another-deployment")
    await other.ensure_network(subnet)
    try:
        for attempt in (
            engine.ensure_network(subnet),
            engine.remove_network(subnet.id),
            engine.ensure(replace(new_spec(), subnet=subnet)),
        ):
            with pytest.raises(Permanent, match="not this deployment's"):
                await attempt
        assert subnet.id in await _bridges(engine)
        assert await engine.list_networks() == frozenset()
    finally:
        await other.remove_network(subnet.id)


async def test_addresses_in_use_are_told_and_tried_again(engine):
    subnet = towns.new_subnet()
    await engine.ensure_network(subnet)
    with pytest.raises(Temporary, match="cannot be made"):
        await engine.ensure_network(replace(towns.new_subnet(), prefix=subnet.prefix))


async def test_an_id_that_is_no_interfaces_name_is_refused(engine):
    for wrong in ("../x", "a", "x" * 16, "UPPER", "eth0.1"):
        with pytest.raises(Permanent, match="not the id of a network"):
            await engine.ensure_network(VirtualSubnet(wrong, "10.1.0.0/24"))
        with pytest.raises(Permanent, match="not the id of a network"):
            await engine.remove_network(wrong)


async def test_a_network_with_a_machine_in_it_stays_and_its_rules_are_put_right(engine):
    subnet = towns.new_subnet()
    spec = towns.machine(subnet)
    await engine.ensure(spec)
    with pytest.raises(Temporary, match="not removed"):
        await engine.remove_network(subnet.id)
    path = f"/networks/{subnet.id}"
    await engine.daemon.change("PATCH", path, {"config": {"security.acls": ""}})
    await engine.daemon.change("PUT", f"/network-acls/{subnet.id}", _without_rules(engine))
    await engine.stop(spec.id, grace=0)
    await engine.ensure(replace(spec, generation=2))
    config = (await engine.daemon.get(path))["config"]
    assert config["security.acls"] == subnet.id
    rules = await engine.daemon.get(f"/network-acls/{subnet.id}")
    assert [each["action"] for each in rules["egress"]] == ["drop"]
    assert {each["action"] for each in rules["ingress"]} == {"allow"}
    await engine.delete(spec.id)
    await engine.remove_network(subnet.id)


def _without_rules(engine):
    return {
        "config": {"user.studiolo.deployment": engine.deployment},
        "ingress": [],
        "egress": [],
    }


async def test_machines_made_at_once_have_addresses_of_their_own_until_none_is_left(engine):
    subnet = towns.new_subnet(28)
    specs = [towns.machine(subnet) for _ in range(5)]
    await asyncio.gather(*(_make_only(engine, spec) for spec in specs[:4]))
    addresses = {(await engine.observe(spec.id)).address for spec in specs[:4]}
    assert len(addresses) == len(specs) - 1
    with pytest.raises(Permanent, match="No address is free"):
        await _make_only(engine, specs[4])
    await engine.delete(specs[0].id)
    await _make_only(engine, specs[4])


async def _make_only(engine, spec):
    """The container without its start, which says nothing of addresses and takes seconds."""
    await engine._machines._make(spec)


async def test_a_network_that_is_not_for_machines_alone_is_left_without_rules(engine, region):
    """As an administrator's own bridge, which other containers use."""
    daemon, shared = engine.daemon, towns.new_subnet()
    config = {"ipv4.address": shared.prefix.replace(".0/", ".1/"), "ipv6.address": "none"}
    order = {"name": shared.id, "type": "bridge", "config": config}
    await daemon.request("POST", "/networks", order)
    region.config = replace(region.config, network=shared.id)
    try:
        there = region.engine()
        with pytest.raises(Permanent, match=r"user\.studiolo\.machines=true"):
            await there.ensure(towns.machine(public_ip=False))
        limits = (await there.health()).limitations
        assert any(shared.id in each and "by way of its gateway" in each for each in limits)
        made = towns.machine()
        await there.ensure(made)
        assert "security.acls" not in (await daemon.get(f"/networks/{shared.id}"))["config"]
        await there.delete(made.id)
    finally:
        region.config = replace(region.config, network=NETWORK)
        await daemon.change("DELETE", f"/networks/{shared.id}")


async def test_an_address_that_another_control_plane_gave_away_meanwhile_is_not_kept(
    engine, monkeypatch
):
    """It sees neither this process's claims nor, at that instant, the container."""
    subnet = towns.new_subnet(28)
    first, second = towns.machine(subnet), towns.machine(subnet)
    await _make_only(engine, first)
    address = (await engine.observe(first.id)).address
    networks = engine._machines.networks
    with monkeypatch.context() as blind:
        blind.setattr(Subnet, "candidates", lambda *_, **__: iter([address]))
        blind.setattr(networks, "_holders", _nobody_once(networks._holders))
        with pytest.raises(Temporary, match=address):
            await _make_only(engine, second)
    seen = await engine.observe(second.id)
    assert seen.presence is Presence.BROKEN
    await engine.ensure(second)
    assert (await engine.observe(second.id)).address not in (None, address)


def _nobody_once(real):
    answers = [{}]

    async def holders(lan):
        return answers.pop() if answers else await real(lan)

    return holders
