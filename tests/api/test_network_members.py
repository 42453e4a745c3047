"""Compute instances in virtual networks, and templates that make both."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.api import ORIGIN, Api, a_body, add_person
from tests.support.arm import GROUP, open_arm, settle
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

from studiolo.domain.regions import Region
from studiolo.domain.roles import COMPUTE_OPERATOR
from studiolo.domain.states import Event
from studiolo.engines.base import Engine, Networks
from studiolo.engines.fake import FakeEngine

COMPUTE = "Microsoft.MachineLearningServices/workspaces/computes"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_arm(tmp_path) as api:
        yield api


async def test_an_instance_is_made_in_a_subnet_without_a_public_address(api):
    await lab(api)
    asked = {"id": inside()["id"].replace("/lab/", "/LAB/")}
    reply = await api.create("ci-1", subnet=asked, enableNodePublicIp=False)
    assert reply.status_code == 201, reply.text
    shown = (await api.call("GET", api.compute("ci-1"))).json()["properties"]["properties"]
    assert shown["subnet"] == inside()
    assert shown["enableNodePublicIp"] is False
    assert shown["connectivityEndpoints"] == {"publicIpAddress": None, "privateIpAddress": None}
    stored = await api.stored("ci-1")
    async with api.services.database.reading() as tx:
        one = next(each for each in await tx.networks.subnets_in("local") if each.name == "one")
    assert stored.subnet == one.joined


async def test_what_was_read_of_an_instance_can_be_sent_back(api):
    await lab(api)
    await api.create("ci-1", subnet=inside(), enableNodePublicIp=False)
    await api.move("ci-1", Event.READY)
    read = (await api.call("GET", api.compute("ci-1"))).json()
    again = await api.call("PUT", api.compute("ci-1"), body=read)
    assert again.status_code == 200, again.text


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"subnet": inside("two")}, "properties.properties.subnet"),
        ({"enableNodePublicIp": True}, "properties.properties.enableNodePublicIp"),
    ],
)
async def test_an_instance_stays_in_its_network(api, changes, target):
    await lab(api)
    await api.create("ci-1", subnet=inside(), enableNodePublicIp=False)
    await api.move("ci-1", Event.READY)
    before = await api.dump()
    kept = {"subnet": inside(), "enableNodePublicIp": False}
    said = error(await api.create("ci-1", **(kept | changes)), 409, "PropertyChangeNotAllowed")
    assert said["target"] == target
    assert await api.dump() == before


async def test_an_instance_without_a_subnet_cannot_join_one(api):
    await lab(api)
    await api.running("ci-1")
    error(await api.create("ci-1", subnet=inside()), 409, "PropertyChangeNotAllowed")


BAD_SUBNETS = {
    "no subnet's id": ("/subscriptions/s/resourceGroups/g", "InvalidParameter"),
    "an unknown subnet": (inside("nine")["id"], "SubnetNotFound"),
    "an unknown network": (inside(vnet="nine")["id"], "SubnetNotFound"),
    "another subscription": (
        inside()["id"].replace("22222222-2222", "33333333-2222"),
        "AuthorizationFailed",
    ),
}


@pytest.mark.parametrize(("arm_id", "code"), BAD_SUBNETS.values(), ids=BAD_SUBNETS)
async def test_a_subnet_that_cannot_be_joined_is_refused(api, arm_id, code):
    await lab(api)
    before = await api.dump()
    error(
        await api.create("ci-1", subnet={"id": arm_id}),
        403 if code == "AuthorizationFailed" else 400,
        code,
    )
    assert await api.dump() == before


async def test_joining_a_subnet_needs_the_right_to(api):
    """An operator of the workspace's computes makes instances, but has no right in networks."""
    await lab(api)
    role = (COMPUTE_OPERATOR, api.workspace.arm_id)
    await add_person(api, api.services.identity.service, "oli", role)
    assert (await api.create("ci-1", who="oli")).status_code == 201
    said = error(await api.create("ci-2", who="oli", subnet=inside()), 403, "AuthorizationFailed")
    assert "subnets/join/action" in said["message"]


async def test_a_subnet_of_another_region_is_refused(api):
    region = api.services.regions["local"]
    other = FakeEngine(api.services.deployment.id)
    api.services.engines["elsewhere"] = other
    api.services.regions["elsewhere"] = Region("elsewhere", region.catalogue, 99, 99)
    await put(api, "far", network(("one", "10.5.1.0/24"), location="elsewhere"))
    said = error(await api.create("ci-1", subnet=inside(vnet="far")), 400, "InvalidParameter")
    assert "elsewhere" in said["message"]


async def test_a_subnet_in_use_can_neither_go_nor_move(api):
    await lab(api)
    await api.create("ci-1", subnet=inside())
    before = await api.dump()
    for reply in (
        await delete(api, "lab"),
        await delete(api, "lab/subnets/one"),
        await put(api, "lab", network(subnets=[])),
        await put(api, "lab/subnets/one", subnet("10.5.9.0/24")),
    ):
        said = error(reply, 409, "InUseSubnetCannotBeDeleted")
        assert "ci-1" in said["message"]
    assert await api.dump() == before
    assert (await delete(api, "lab/subnets/two")).status_code == 200


async def test_a_region_whose_machines_share_a_network_refuses_both_by_name(api):
    whole = engine_of(api)
    verbs = [name for name in dir(Engine) if not name.startswith("_")]
    bare = SimpleNamespace(**{name: getattr(whole, name) for name in verbs})
    assert isinstance(bare, Engine)
    assert not isinstance(bare, Networks)
    await lab(api)
    api.services.engines["local"] = bare
    for changes in ({"subnet": inside()}, {"enableNodePublicIp": False}):
        said = error(await api.create("ci-1", **changes), 400, "UnsupportedFeature")
        (name,) = changes
        assert said["target"] == f"properties.properties.{name}"
        assert "'local'" in said["message"]
    error(await put(api, "other", network()), 400, "UnsupportedFeature")


async def test_deleting_a_group_deletes_its_networks_after_its_instances(api):
    await lab(api)
    await api.create("ci-1", subnet=inside())
    reply = await api.call("DELETE", GROUP, version="2022-09-01")
    assert reply.status_code == 202
    await settle(api)
    async with api.services.database.reading() as tx:
        assert await tx.networks.subnets_in("local") == []
        assert await tx.groups.get(api.services.deployment.subscription, "rg1") is None


async def test_a_group_whose_subnet_an_instance_of_another_group_is_in_stays(api):
    await api.call("PUT", GROUP.replace("rg1", "rg2"), body={"location": "local"})
    path = NETWORKS.replace("rg1", "rg2")
    body = network(("one", "10.5.1.0/24"))
    await api.call("PUT", f"{path}/lab", body=body, version=VERSION)
    other = {"id": f"{path}/lab/subnets/one"}
    assert (await api.create("ci-1", subnet=other)).status_code == 201
    reply = await api.call("DELETE", GROUP.replace("rg1", "rg2"), version="2022-09-01")
    await settle(api)
    result = await api.call("GET", reply.headers["Location"].removeprefix(ORIGIN), version=None)
    said = error(result, 409, "InUseSubnetCannotBeDeleted")
    assert "ci-1" in said["message"]
    async with api.services.database.reading() as tx:
        assert len(await tx.networks.subnets_in("local")) == 1


# --- templates ------------------------------------------------------------------------------------


async def test_a_template_makes_a_network_and_an_instance_in_it(api):
    where = "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'lab', 'one')]"
    resources = [
        {
            "type": COMPUTE,
            "apiVersion": "2024-10-01",
            "name": "ws1/ci-1",
            **a_body(subnet={"id": where}, enableNodePublicIp=False),
            "dependsOn": ["[resourceId('Microsoft.Network/virtualNetworks', 'lab')]", where],
        },
        {
            "type": "Microsoft.Network/virtualNetworks/subnets",
            "apiVersion": VERSION,
            "name": "lab/one",
            **subnet("10.5.1.0/24"),
        },
        {
            "type": "Microsoft.Network/virtualNetworks",
            "apiVersion": VERSION,
            "name": "lab",
            **network(("two", "10.5.2.0/24")),
        },
    ]
    template = {"contentVersion": "1.0.0.0", "resources": resources}
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/dep1"
    body = {"properties": {"template": template, "mode": "Incremental"}}
    reply = await api.call("PUT", path, body=body, version="2022-09-01")
    assert reply.status_code == 201, reply.text
    subnets = (await get(api, "lab")).json()["properties"]["subnets"]
    assert [each["name"] for each in subnets] == ["one", "two"]
    assert (await api.stored("ci-1")).spec["subnet"] == inside()


async def test_a_template_with_taken_addresses_makes_nothing(api):
    await lab(api)
    before = await api.dump()
    resource = {
        "type": "Microsoft.Network/virtualNetworks",
        "apiVersion": VERSION,
        "name": "other",
        **network(("one", "10.5.1.0/25")),
    }
    template = {"contentVersion": "1.0.0.0", "resources": [resource]}
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/dep1"
    body = {"properties": {"template": template, "mode": "Incremental"}}
    reply = await api.call("PUT", path, body=body, version="2022-09-01")
    error(reply, 400, "NetcfgSubnetRangesOverlap")
    assert await api.dump() == before
