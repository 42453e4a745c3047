"""`POST .../resize`: another size, larger disks, and the quota that goes with it."""

from typing import Any

import httpx
import pytest
from tests.support.api import Api
from tests.support.plain import make_plain

from studiolo.domain.quota import TOTAL
from studiolo.domain.states import Event, State

SMALL, LARGE, OTHER = "Standard_DS3_v2", "Standard_DS4_v2", "Standard_E4s_v5"
FAMILY, OTHER_FAMILY = "standardDSv2Family", "standardESv5Family"
HOME, ROOT = "homeDiskSizeGiB", "rootDiskSizeGiB"


async def resize(api: Api, name: str, *, who: str = "ann", **body: Any) -> httpx.Response:
    return await api.call("POST", f"{api.compute(name)}/resize", who=who, body=body)


async def used(api: Api) -> dict[str, int]:
    async with api.services.database.reading() as tx:
        return {each.family: each.used for each in await tx.quota.usage("local") if each.used}


async def limit(api: Api, family: str, vcpus: int) -> None:
    async with api.services.database.transaction() as tx:
        await tx.quota.set_limit("local", family, vcpus)


async def inner(api: Api, name: str) -> dict[str, Any]:
    reply = await api.call("GET", api.compute(name))
    return reply.json()["properties"]["properties"]


async def status(api: Api, reply: httpx.Response) -> str:
    assert reply.status_code == 202, reply.text
    polled = await api.call("GET", reply.headers["Azure-AsyncOperation"], version=None)
    return polled.json()["status"]


async def test_a_running_instance_is_resizing_until_the_reconciler_is_done(api: Api) -> None:
    before = await api.running("ci-1")
    hints = len(api.hints)
    reply = await resize(api, "ci-1", targetVMSize=LARGE.upper())
    assert await status(api, reply) == "InProgress"
    assert len(api.hints) == hints + 1
    shown = (await api.call("GET", api.compute("ci-1"))).json()["properties"]
    assert shown["provisioningState"] == "Updating"
    assert (shown["properties"]["state"], shown["properties"]["vmSize"]) == ("Resizing", LARGE)
    stored = await api.stored("ci-1")
    assert stored is not None
    assert (stored.size, stored.vcpus) == (LARGE, 8)
    assert stored.generation == before.generation + 1
    await api.move("ci-1", Event.READY)
    assert await status(api, reply) == "Succeeded"
    last = (await inner(api, "ci-1"))["lastOperation"]
    assert (last["operationName"], last["operationStatus"]) == ("Resize", "Succeeded")


async def test_a_stopped_instance_is_resized_at_once_and_stays_stopped(api: Api) -> None:
    await api.running("ci-1")
    await api.call("POST", f"{api.compute('ci-1')}/stop")
    await api.move("ci-1", Event.HALTED)
    reply = await resize(api, "ci-1", targetVMSize=LARGE)
    assert await status(api, reply) == "Succeeded"
    stored = await api.stored("ci-1")
    assert stored is not None
    assert (stored.state, stored.size) == (State.STOPPED, LARGE)
    assert await used(api) == {FAMILY: 8, TOTAL: 8}


async def test_quota_moves_with_the_size_and_between_families(api: Api) -> None:
    await api.running("ci-1")
    for size, after in (
        (LARGE, {FAMILY: 8, TOTAL: 8}),
        (OTHER, {OTHER_FAMILY: 4, TOTAL: 4}),
        (SMALL, {FAMILY: 4, TOTAL: 4}),
    ):
        assert (await resize(api, "ci-1", targetVMSize=size)).status_code == 202
        assert await used(api) == after
        await api.move("ci-1", Event.READY)


async def test_a_size_with_no_more_vcpus_needs_no_more_of_the_total(api: Api) -> None:
    await api.running("ci-1")
    await limit(api, TOTAL, 1)
    assert (await resize(api, "ci-1", targetVMSize=OTHER)).status_code == 202


@pytest.mark.parametrize(
    ("counter", "size"), [(FAMILY, LARGE), (TOTAL, LARGE), (OTHER_FAMILY, OTHER)]
)
async def test_over_quota_is_refused_and_nothing_is_changed(
    api: Api, counter: str, size: str
) -> None:
    await api.running("ci-1")
    await api.running("ci-2")
    await limit(api, counter, 3 if counter == OTHER_FAMILY else 11)
    before = await api.dump()
    reply = await resize(api, "ci-1", targetVMSize=size)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "QuotaExceeded")
    assert await api.dump() == before


async def test_a_resize_to_what_it_is_succeeds_without_effect(api: Api) -> None:
    before = await api.running("ci-1")
    reply = await resize(api, "ci-1", targetVMSize=SMALL.lower(), **{HOME: 120})
    assert await status(api, reply) == "Succeeded"
    assert await api.stored("ci-1") == before


async def test_a_repeated_resize_joins_the_one_that_is_under_way(api: Api) -> None:
    await api.running("ci-1")
    first = await resize(api, "ci-1", targetVMSize=LARGE)
    again = await resize(api, "ci-1", targetVMSize=LARGE)
    other = await resize(api, "ci-1", targetVMSize=SMALL)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "Conflict")
    assert await used(api) == {FAMILY: 8, TOTAL: 8}
    await api.move("ci-1", Event.READY)
    assert [await status(api, each) for each in (first, again)] == ["Succeeded", "Succeeded"]


async def test_disks_have_the_regions_sizes_or_those_asked_for_and_grow(api: Api) -> None:
    await api.running("ci-1")
    assert ((await inner(api, "ci-1"))[HOME], (await inner(api, "ci-1"))[ROOT]) == (120, 40)
    created = await api.create("ci-2", **{HOME: 200})
    assert created.json()["properties"]["properties"][HOME] == 200
    assert created.json()["properties"]["properties"][ROOT] == 40
    assert (await resize(api, "ci-1", **{HOME: 130, ROOT: 50})).status_code == 202
    await api.move("ci-1", Event.READY)
    assert ((await inner(api, "ci-1"))[HOME], (await inner(api, "ci-1"))[ROOT]) == (130, 50)
    smaller = await resize(api, "ci-1", targetVMSize=LARGE, **{ROOT: 49})
    error = smaller.json()["error"]
    assert (smaller.status_code, error["code"], error["target"]) == (400, "InvalidParameter", ROOT)
    assert "50 GiB" in error["message"]
    assert "49 GiB" in error["message"]
    assert (await inner(api, "ci-1"))["vmSize"] == SMALL


async def test_what_was_read_after_a_resize_can_be_written_back(api: Api) -> None:
    await api.running("ci-1")
    await resize(api, "ci-1", targetVMSize=LARGE, **{HOME: 130})
    await api.move("ci-1", Event.READY)
    read = (await api.call("GET", api.compute("ci-1"))).json()
    assert (await api.call("PUT", api.compute("ci-1"), body=read)).status_code == 200
    read["properties"]["properties"][HOME] = 140
    refused = await api.call("PUT", api.compute("ci-1"), body=read)
    assert refused.status_code == 409
    assert "resize" in refused.json()["error"]["message"]


async def test_a_region_without_disks_of_its_own_refuses_their_sizes_and_resizes(api: Api) -> None:
    make_plain(api)
    refused = await api.create("ci-1", **{ROOT: 50})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "UnsupportedFeature")
    assert error["target"] == f"properties.properties.{ROOT}"
    await api.running("ci-1")
    assert HOME not in await inner(api, "ci-1")
    refused = await resize(api, "ci-1", **{HOME: 130})
    error = refused.json()["error"]
    assert (error["code"], error["target"]) == ("UnsupportedFeature", HOME)
    assert "'local'" in error["message"]
    assert (await resize(api, "ci-1", targetVMSize=LARGE)).status_code == 202


async def test_a_data_scientist_may_and_a_reader_may_not(api: Api) -> None:
    await api.running("ci-1")
    assert (await resize(api, "ci-1", who="rea", targetVMSize=LARGE)).status_code == 403
    assert (await resize(api, "ci-1", who="dan", targetVMSize=LARGE)).status_code == 202


async def test_the_activity_log_says_what_was_asked_for(api: Api) -> None:
    await api.running("ci-1")
    await resize(api, "ci-1", targetVMSize=LARGE, **{HOME: 130})
    async with api.services.database.reading() as tx:
        (_, line) = (await tx.activity.page(api.compute("ci-1"), None, 1))[0]
    assert line.operation.endswith("/computes/resize/action")
    assert line.detail == f"targetVMSize {LARGE}, {HOME} 130"
