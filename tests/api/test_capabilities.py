"""What `capabilities` says of a region is what the API then does or refuses."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.support.api import Api
from tests.support.plain import make_plain

from studiolo.api.computes.features import Feature
from studiolo.api.computes.unsupported import ABSENT, OTHER_TYPES, REFUSED_ACTIONS, RULES
from studiolo.api.locations.capabilities import OF_REGIONS, ROUTES
from studiolo.domain.disks import HOME_DISK
from studiolo.engines.fake import FakeEngine

Asking = Callable[[Api], Awaitable[list[httpx.Response]]]

SUBNET = (
    "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg1/providers"
    "/Microsoft.Network/virtualNetworks/v1/subnets/s1"
)
GPU_SIZE = "Standard_NC6s_v3"


async def capabilities(api: Api, **call: Any) -> dict[str, Any]:
    reply = await api.call("GET", api.location("capabilities"), **call)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


def creating(**changes: Any) -> Asking:
    """A create that asks for the feature."""

    async def ask(api: Api) -> list[httpx.Response]:
        return [await api.create("asked", **dict(changes))]

    return ask


def of_type(*types: str) -> Asking:
    async def ask(api: Api) -> list[httpx.Response]:
        bodies = [{"location": "local", "properties": {"computeType": each}} for each in types]
        return [await api.call("PUT", api.compute("asked"), body=body) for body in bodies]

    return ask


def acting(method: str, action: str, body: Any = None) -> Asking:
    """An action on an instance that runs."""

    async def ask(api: Api) -> list[httpx.Response]:
        await api.running("there")
        return [await api.call(method, f"{api.compute('there')}/{action}", body=body)]

    return ask


def both(*asked: Asking) -> Asking:
    async def ask(api: Api) -> list[httpx.Response]:
        return [reply for each in asked for reply in await each(api)]

    return ask


def listing(what: str) -> Asking:
    async def ask(api: Api) -> list[httpx.Response]:
        return [await api.call("GET", f"{api.path}/{what}")]

    return ask


async def for_another(api: Api) -> list[httpx.Response]:
    assigned = {"assignedUser": {"objectId": api.people["dan"].id}}
    return [await api.create("asked", personalComputeInstanceSettings=assigned)]


ASKED: Mapping[Feature, Asking] = {
    Feature.ASSIGNED_USER: for_another,
    Feature.ATTACHED_COMPUTES: both(
        creating(outer={"resourceId": "/subscriptions/s/vm"}),
        of_type(*(name for name in OTHER_TYPES if name != "AmlCompute")),
    ),
    Feature.AUTOLOGGING: creating(autologgerSettings={"mlflowAutologger": "Enabled"}),
    Feature.CLONE: acting("POST", "clone", {"name": "copied"}),
    Feature.COMPUTE_CLUSTERS: of_type("AmlCompute"),
    Feature.CUSTOM_APPLICATIONS: both(
        creating(customServices=[{"name": "rstudio"}]), acting("POST", "customServices")
    ),
    Feature.DATA_DISKS: creating(dataDisks=[{"lun": 0}]),
    Feature.DATA_MOUNTS: both(
        creating(dataMounts=[{"source": "a"}]), acting("POST", "updateDataMounts")
    ),
    Feature.DISK_SIZES: creating(**{HOME_DISK: 64}),
    Feature.ENDPOINTS: listing("onlineEndpoints"),
    Feature.ENVIRONMENTS: listing("environments"),
    Feature.FILES: listing("files"),
    Feature.GPU: creating(vmSize=GPU_SIZE),
    Feature.IDLE_SHUTDOWN: both(
        creating(idleTimeBeforeShutdown="PT30M"),
        acting("POST", "updateIdleShutdownSetting", {"idleTimeBeforeShutdown": "PT30M"}),
    ),
    Feature.JOBS: listing("jobs"),
    Feature.MANAGED_IDENTITY: creating(identity={"type": "SystemAssigned"}),
    Feature.NO_PUBLIC_IP: creating(enableNodePublicIp=False),
    Feature.NO_ROOT_ACCESS: creating(enableRootAccess=False),
    Feature.NO_SINGLE_SIGN_ON: both(
        creating(enableSSO=False), acting("POST", "enableSso", {"enableSSO": False})
    ),
    Feature.OS_PATCHING: creating(enableOSPatching=True),
    Feature.QUOTA_RELEASE_ON_STOP: creating(releaseQuotaOnStop=True),
    Feature.REIMAGE: acting("POST", "reimage"),
    Feature.RESIZE: acting("POST", "resize", {"targetVMSize": "Standard_DS4_v2"}),
    Feature.RESTORE: acting("POST", "snapshots/none/restore"),
    Feature.SCHEDULES: creating(schedules={"computeStartStop": [{"action": "Stop"}]}),
    Feature.SETUP_SCRIPTS: creating(setupScripts={"scripts": {"startupScript": {"a": "b"}}}),
    Feature.SKU: creating(sku={"name": "basic"}),
    Feature.SNAPSHOTS: acting("PUT", "snapshots/one", {}),
    Feature.SSH: both(
        creating(sshSettings={"sshPublicAccess": "Enabled"}),
        creating(sshSettings={"adminPublicKey": "ssh-ed25519 AAAA"}),
    ),
    Feature.VIRTUAL_NETWORKS: creating(subnet={"id": SUBNET}),
}
"""How each feature is asked for. What else is wrong with a request does not matter."""

REFUSALS = {"UnsupportedFeature", "InvalidResourceType"}


def is_refused(reply: httpx.Response, feature: Feature) -> bool:
    if feature is Feature.GPU:
        return reply.status_code == 400
    return reply.headers.get("x-ms-error-code") in REFUSALS


def with_everything(api: Api) -> None:
    """A region as the fake engine makes it."""


def without_gpus(api: Api) -> None:
    region = api.services.regions["local"]
    plain = replace(region, catalogue=region.catalogue.with_gpus(0))
    api.services.regions["local"] = plain  # type: ignore[index]


@pytest.mark.parametrize("region", [with_everything, make_plain, without_gpus])
@pytest.mark.parametrize("feature", sorted(set(Feature) - {Feature.ONLINE_RESIZE}))
async def test_a_feature_is_shown_exactly_where_it_is_not_refused(
    api: Api, region: Callable[[Api], None], feature: Feature
) -> None:
    region(api)
    shown = (await capabilities(api))["features"][feature]
    replies = await ASKED[feature](api)
    assert {is_refused(reply, feature) for reply in replies} == {not shown}, [
        (reply.status_code, reply.text) for reply in replies
    ]


async def test_a_resize_without_a_stop_is_shown_where_the_engine_can_do_it(api: Api) -> None:
    assert (await capabilities(api))["features"][Feature.ONLINE_RESIZE] is True
    make_plain(api)
    assert (await capabilities(api))["features"][Feature.ONLINE_RESIZE] is False


def test_every_feature_is_asked_for_and_every_refusal_belongs_to_one() -> None:
    assert set(ASKED) == set(Feature) - {Feature.ONLINE_RESIZE}
    refused = {rule.feature for rule in RULES} | set(OTHER_TYPES.values())
    refused |= {action.feature for action in REFUSED_ACTIONS if action.feature}
    assert refused == ABSENT
    assert not ABSENT & (set(OF_REGIONS) | set(ROUTES))


async def test_both_kinds_of_region_have_something_that_the_other_has_not(api: Api) -> None:
    """Or the test above would compare nothing."""
    able = (await capabilities(api))["features"]
    make_plain(api)
    plain = (await capabilities(api))["features"]
    assert {name for name in able if able[name] != plain[name]} == set(OF_REGIONS) - {Feature.GPU}


async def test_a_removed_rule_makes_its_feature_appear(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "studiolo.api.locations.capabilities.ABSENT", ABSENT - {Feature.OS_PATCHING}
    )
    assert (await capabilities(api))["features"]["osPatching"] is True


async def test_the_region_says_what_it_is_and_what_its_instances_have(api: Api) -> None:
    body = await capabilities(api)
    assert body["location"] == "local"
    assert body["engine"] == "fake"
    assert body["isolation"].endswith(".")
    assert {"name": "jupyterlab", "displayName": "Jupyter Lab", "path": "/lab"} in body[
        "applications"
    ]
    created = (await api.create("ci1")).json()["properties"]["properties"]["applications"]
    names = [each["displayName"] for each in created]
    assert names == [each["displayName"] for each in body["applications"]]


async def test_a_region_whose_networks_are_its_hosts_has_no_virtual_ones(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeEngine, "has_networks", False)
    features = (await capabilities(api))["features"]
    assert (features["virtualNetworks"], features["noPublicIp"]) == (False, False)
    refused = await api.create("inside", enableNodePublicIp=False)
    assert refused.json()["error"]["code"] == "UnsupportedFeature"


async def test_whoever_is_signed_in_may_read_it_and_nobody_else(api: Api) -> None:
    assert (await capabilities(api, who="eve"))["engine"] == "fake"
    assert (await api.call("GET", api.location("capabilities"), who=None)).status_code == 401


async def test_an_unknown_region_is_named(api: Api) -> None:
    reply = await api.call("GET", api.location("capabilities", region="mars"))
    assert reply.json()["error"]["code"] == "LocationNotAvailableForResourceType"
    assert "local" in reply.json()["error"]["message"]
