"""Virtual networks and their subnets, by the bodies that az and templates send."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import Api
from tests.support.arm import open_arm
from tests.support.vnets import (
    NETWORKS,
    VERSION,
    delete,
    engine_of,
    error,
    get,
    inside,
    lab,
    network,
    put,
    subnet,
)

from studiolo.engines.base import Temporary, Unreachable
from studiolo.reconciler.networks import remove_strays


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_arm(tmp_path) as api:
        yield api


async def test_a_network_is_made_read_listed_and_deleted_with_its_subnets(api):
    made = await lab(api)
    assert made["id"] == f"{NETWORKS}/lab"
    assert made["type"] == "Microsoft.Network/virtualNetworks"
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert made["properties"]["addressSpace"] == {"addressPrefixes": ["10.5.0.0/16"]}
    one, two = made["properties"]["subnets"]
    assert (one["id"], one["properties"]["addressPrefix"]) == (inside()["id"], "10.5.1.0/24")
    assert (await get(api, "LAB")).json() == made
    assert (await get(api, "lab/subnets/ONE")).json() == one
    assert (await get(api, "lab/subnets")).json()["value"] == [one, two]
    everywhere = f"{NETWORKS.split('/resourceGroups', maxsplit=1)[0]}/providers/Microsoft.Network"
    for path in (NETWORKS, f"{everywhere}/virtualNetworks"):
        listed = await api.call("GET", path, version=VERSION)
        assert listed.json()["value"] == [made]
    assert (await delete(api, "lab")).status_code == 200
    assert (await delete(api, "lab")).status_code == 204
    error(await get(api, "lab"), 404, "ResourceNotFound")


async def test_what_was_read_can_be_sent_back_and_changes_nothing(api):
    made = await lab(api)
    again = await put(api, "lab", made)
    assert again.status_code == 200, again.text
    assert again.json() == made
    (one, *_) = made["properties"]["subnets"]
    assert (await put(api, "lab/subnets/one", one)).json() == one


async def test_a_subnet_is_added_changed_and_removed_by_itself(api):
    await lab(api)
    added = await put(api, "lab/subnets/three", subnet("10.5.3.0/24"))
    assert added.status_code == 201, added.text
    moved = await put(api, "lab/subnets/Three", subnet("10.5.4.0/28"))
    assert moved.status_code == 200
    assert moved.json()["name"] == "three"
    assert moved.json()["properties"]["addressPrefix"] == "10.5.4.0/28"
    assert (await delete(api, "lab/subnets/three")).status_code == 200
    assert (await delete(api, "lab/subnets/three")).status_code == 204
    left = (await get(api, "lab")).json()["properties"]["subnets"]
    assert [each["name"] for each in left] == ["one", "two"]


async def test_a_body_without_subnets_keeps_them_and_one_with_an_empty_list_does_not(api):
    await lab(api)
    kept = await put(api, "lab", network() | {"tags": {"a": "b"}})
    assert [each["name"] for each in kept.json()["properties"]["subnets"]] == ["one", "two"]
    assert kept.json()["tags"] == {"a": "b"}
    emptied = await put(api, "lab", network(subnets=[]))
    assert emptied.json()["properties"]["subnets"] == []


async def test_tags_are_patched(api):
    await lab(api)
    path = f"{NETWORKS}/lab"
    reply = await api.call("PATCH", path, body={"tags": {"team": "a"}}, version=VERSION)
    assert reply.json()["tags"] == {"team": "a"}
    assert len(reply.json()["properties"]["subnets"]) == 2


async def test_an_older_etag_changes_nothing(api):
    made = await lab(api)
    fresh = {"If-Match": made["etag"]}
    assert (
        await api.call(
            "PUT", f"{NETWORKS}/lab", body=network() | {"tags": {"a": ""}}, headers=fresh
        )
    ).status_code == 200
    before = await api.dump()
    for method, path in (("PUT", "lab"), ("DELETE", "lab")):
        reply = await api.call(
            method, f"{NETWORKS}/{path}", body=network() if method == "PUT" else None, headers=fresh
        )
        error(reply, 412, "PreconditionFailed")
    assert await api.dump() == before


BAD_NETWORKS = {
    "no address space": (network(space=()), "InvalidParameter"),
    "no prefix": (network(space=("10.5.0.0",)), "InvalidCIDRNotation"),
    "bits behind the prefix": (network(space=("10.5.0.1/16",)), "InvalidCIDRNotation"),
    "public addresses": (network(space=("8.8.8.0/24",)), "InvalidAddressPrefix"),
    "IPv6": (network(space=("fd00::/64",)), "InvalidCIDRNotation"),
    "two spaces that overlap": (
        network(space=("10.5.0.0/16", "10.5.8.0/24")),
        "OverlappingAddressPrefixes",
    ),
    "a subnet outside": (network(("one", "10.6.0.0/24")), "NetcfgInvalidSubnet"),
    "a subnet too small": (network(("one", "10.5.0.0/29")), "NetcfgInvalidSubnet"),
    "a subnet too large": (
        network(("one", "10.0.0.0/15"), space=("10.0.0.0/8",)),
        "NetcfgInvalidSubnet",
    ),
    "two subnets that overlap": (
        network(("one", "10.5.1.0/24"), ("two", "10.5.1.128/25")),
        "NetcfgSubnetRangesOverlap",
    ),
    "two subnets of one name": (
        network(("one", "10.5.1.0/24"), ("ONE", "10.5.2.0/24")),
        "InvalidParameter",
    ),
    "the host's addresses": (
        network(("one", "10.213.45.0/24"), space=("10.213.0.0/16",)),
        "NetcfgSubnetRangesOverlap",
    ),
    "a subnet's bad name": (network(("-one", "10.5.1.0/24")), "InvalidResourceName"),
    "a security group": (
        network(subnets=[{"name": "a", **subnet("10.5.1.0/24", networkSecurityGroup={"id": "x"})}]),
        "UnsupportedFeature",
    ),
    "a name server": (network(dhcpOptions={"dnsServers": ["10.5.0.4"]}), "UnsupportedFeature"),
    "a peering": (network(virtualNetworkPeerings=[{"name": "x"}]), "UnsupportedFeature"),
    "another region": (network(location="mars"), "LocationNotAvailableForResourceType"),
    "no object": ({"location": "local", "properties": []}, "InvalidParameter"),
    "subnets that are no list": (network(subnets={"a": 1}), "InvalidParameter"),
}


@pytest.mark.parametrize(("body", "code"), BAD_NETWORKS.values(), ids=BAD_NETWORKS)
async def test_bad_networks_are_refused_and_change_nothing(api, body, code):
    before = await api.dump()
    error(await put(api, "lab", body), 400, code)
    assert await api.dump() == before


@pytest.mark.parametrize("name", ["-lab", "lab-", "a b", "x" * 65])
async def test_bad_names_of_networks_are_refused(api, name):
    error(await put(api, name, network()), 400, "InvalidResourceName")


async def test_no_subnet_of_a_region_overlaps_one_of_another_network(api):
    await lab(api)
    said = error(
        await put(api, "other", network(("x", "10.5.2.128/25"))), 400, "NetcfgSubnetRangesOverlap"
    )
    assert "10.5.2.0/24" in said["message"]
    assert (await put(api, "other", network(("x", "10.5.3.0/24")))).status_code == 201


async def test_the_address_space_cannot_leave_a_subnet_behind(api):
    await lab(api)
    error(await put(api, "lab", network(space=("10.6.0.0/16",))), 400, "NetcfgInvalidSubnet")


async def test_a_region_whose_engine_is_away_makes_no_network(api):
    engine_of(api).world.fail_next("occupied_prefixes", Unreachable("It is away."))
    error(await put(api, "lab", network()), 503, "ServiceUnavailable")


async def test_only_who_may_write_networks_does(api):
    await lab(api)
    for who in ("dan", "rea", "eve"):
        error(await put(api, "other", network(), who=who), 403, "AuthorizationFailed")
        error(await delete(api, "lab", who=who), 403, "AuthorizationFailed")
        error(await delete(api, "lab/subnets/one", who=who), 403, "AuthorizationFailed")
        error(await get(api, "lab", who=who), 403, "AuthorizationFailed")


async def test_deleting_a_subnet_removes_its_bridge_and_the_reconciler_what_was_left(api):
    await lab(api)
    engine = engine_of(api)
    async with api.services.database.reading() as tx:
        one, two = sorted(await tx.networks.subnets_in("local"), key=lambda each: each.name)
    for each in (one, two):
        await engine.ensure_network(each.joined)
    await delete(api, "lab/subnets/one")
    assert await engine.list_networks() == {two.id}
    engine.world.fail_next("remove_network", Temporary("Not now."))
    assert (await delete(api, "lab")).status_code == 200
    assert await engine.list_networks() == {two.id}
    await remove_strays(api.services.database, "local", engine)
    assert await engine.list_networks() == frozenset()


async def test_the_reconciler_leaves_networks_of_subnets_that_are_there(api):
    await lab(api)
    engine = engine_of(api)
    async with api.services.database.reading() as tx:
        kept = (await tx.networks.subnets_in("local"))[0]
    await engine.ensure_network(kept.joined)
    await remove_strays(api.services.database, "local", engine)
    assert await engine.list_networks() == {kept.id}
