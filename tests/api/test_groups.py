"""Resource groups: their life, their lists, and what their delete takes along."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import ORIGIN, SUBSCRIPTION, Api
from tests.support.arm import GROUP, PROVIDER, RESOURCES_VERSION, open_arm, settle

BASE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_arm(tmp_path) as api:
        yield api


async def put(api, name, **body):
    return await api.call("PUT", f"{BASE}/{name}", body={"location": "local"} | body)


async def test_put_creates_then_replaces_tags(api):
    first = await put(api, "rg2", tags={"a": "1"})
    assert first.status_code == 201
    assert first.json() == {
        "id": f"{BASE}/rg2",
        "name": "rg2",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "local",
        "tags": {"a": "1"},
        "properties": {"provisioningState": "Succeeded"},
    }
    second = await put(api, "RG2", tags={"b": "2"})
    assert second.status_code == 200
    assert second.json()["name"] == "rg2"
    assert second.json()["tags"] == {"b": "2"}
    assert second.headers["etag"] != first.headers["etag"]


async def test_what_was_read_can_be_put_back(api):
    await put(api, "rg2", tags={"a": "1"})
    seen = (await api.call("GET", f"{BASE}/rg2")).json()
    assert (await api.call("PUT", f"{BASE}/rg2", body=seen)).json() == seen


async def test_patch_replaces_tags_only_where_there_are_any(api):
    await put(api, "rg2", tags={"a": "1"})
    assert (await api.call("PATCH", f"{BASE}/rg2", body={})).json()["tags"] == {"a": "1"}
    changed = await api.call("PATCH", f"{BASE}/rg2", body={"tags": {"c": "3"}})
    assert changed.json()["tags"] == {"c": "3"}


async def test_head_tells_whether_it_is_there(api):
    assert (await api.call("HEAD", f"{BASE}/rg1")).status_code == 204
    assert (await api.call("HEAD", f"{BASE}/nope")).status_code == 404


async def test_paths_ignore_case(api):
    path = (
        GROUP.replace("resourceGroups", "RESOURCEGROUPS")
        .upper()
        .replace("/SUBSCRIPTIONS", "/subscriptions")
    )
    assert (await api.call("GET", path)).json()["name"] == "rg1"


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("ends.", {}, 400, "InvalidResourceGroupName"),
        ("a b", {}, 400, "InvalidResourceGroupName"),
        ("x" * 91, {}, 400, "InvalidResourceGroupName"),
        ("rg2", {"location": "mars"}, 400, "LocationNotAvailableForResourceType"),
        ("rg2", {"location": None}, 400, "InvalidParameter"),
        ("rg2", {"colour": "red"}, 400, "InvalidParameter"),
        ("rg2", {"managedBy": "/x"}, 400, "InvalidParameter"),
        ("rg2", {"properties": {"a": 1}}, 400, "InvalidParameter"),
        ("rg2", {"tags": {"a<": "1"}}, 400, "InvalidTagNameCharacters"),
        ("rg2", {"tags": {"a": "1" * 257}}, 400, "InvalidTagValueLength"),
        ("rg2", {"tags": {f"t{n}": "" for n in range(51)}}, 400, "TagCountExceeded"),
    ],
)
async def test_bad_group_is_refused_and_nothing_changes(api, name, body, status, code):
    before = await api.dump()
    reply = await put(api, name, **body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert await api.dump() == before


async def test_unknown_group_is_named(api):
    for method in ("GET", "PATCH", "DELETE"):
        reply = await api.call(method, f"{BASE}/nope", body={} if method == "PATCH" else None)
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "ResourceGroupNotFound"


async def test_list_pages_and_filters_by_tag(api):
    for n in range(5):
        await put(api, f"g{n}", tags={"odd": str(n % 2)})
    names, url = [], f"{BASE}?$top=2"
    while url:
        body = (
            await api.call("GET", url, version=None if "api-version" in url else RESOURCES_VERSION)
        ).json()
        assert len(body["value"]) <= 2
        names += [each["name"] for each in body["value"]]
        url = body.get("nextLink")
    assert names == ["g0", "g1", "g2", "g3", "g4", "rg1"]
    wanted = {"$filter": "tagName eq 'odd' and tagValue eq '1'"}
    found = (await api.call("GET", BASE, params=wanted)).json()["value"]
    assert [each["name"] for each in found] == ["g1", "g3"]


@pytest.mark.parametrize(
    "text", ["location eq 'x'", "tagName ne 'x'", "tagName eq 'x' and", "tagValue eq 'x'", "x"]
)
async def test_filter_that_is_not_understood_is_refused(api, text):
    reply = await api.call("GET", BASE, params={"$filter": text})
    assert reply.json()["error"]["code"] == "InvalidFilterInQueryString"


async def test_list_leaves_out_what_the_caller_may_not_read(api):
    assert [g["name"] for g in (await api.call("GET", BASE)).json()["value"]] == ["rg1"]
    assert (await api.call("GET", BASE, who="dan")).json()["value"] == []
    assert (await api.call("GET", GROUP, who="dan")).status_code == 403


async def test_resources_of_a_group_and_of_the_subscription_are_its_workspaces(api):
    for path in (f"{GROUP}/resources", f"/subscriptions/{SUBSCRIPTION}/resources"):
        found = (await api.call("GET", path)).json()["value"]
        assert [each["id"] for each in found] == [api.path]
        assert found[0]["type"] == "Microsoft.MachineLearningServices/workspaces"
    wanted = {"$filter": "resourceGroup eq 'RG1' and resourceType eq 'X/y'"}
    path = f"/subscriptions/{SUBSCRIPTION}/resources"
    assert (await api.call("GET", path, params=wanted)).json()["value"] == []
    wanted = {"$filter": "resourceGroup eq 'RG1'", "$expand": "createdTime,provisioningState"}
    assert len((await api.call("GET", path, params=wanted)).json()["value"]) == 1
    assert len((await api.call("GET", path, who="dan")).json()["value"]) == 1
    assert (await api.call("GET", path, who="eve")).json()["value"] == []


async def test_delete_takes_workspaces_and_computes_along_and_can_be_polled(api):
    await api.running("ci-1")
    accepted = await api.call("DELETE", GROUP)
    assert accepted.status_code == 202
    assert accepted.headers["retry-after"] == "1"
    poll = accepted.headers["location"]
    assert poll.startswith(f"{ORIGIN}/subscriptions/{SUBSCRIPTION}/operationresults/")
    assert (await api.call("GET", poll, version=None)).status_code == 202
    assert (await api.call("GET", GROUP)).json()["properties"]["provisioningState"] == "Deleting"
    seen = (await api.call("GET", api.path)).json()
    assert seen["properties"]["provisioningState"] == "Deleting"
    await settle(api)
    assert (await api.call("GET", poll, version=None)).status_code == 200
    assert (await api.call("GET", GROUP)).status_code == 404
    assert (await api.call("GET", api.compute("ci-1"))).status_code == 404
    async with api.services.database.reading() as tx:
        assert all(each.used == 0 for each in await tx.quota.usage("local"))


async def test_nothing_is_made_in_a_group_that_is_being_deleted(api):
    await api.call("DELETE", GROUP)
    made = await api.call("PUT", f"{GROUP}/{PROVIDER}/other", body={"location": "local"})
    assert made.json()["error"]["code"] == "ResourceGroupBeingDeleted"
    assert (await put(api, "rg1", tags={"a": "1"})).status_code == 409
    assert (await api.create("ci-1")).status_code == 409
    again = await api.call("DELETE", GROUP)
    assert again.status_code == 202


async def test_a_polled_operation_is_its_beginners_own(api):
    poll = (await api.call("DELETE", GROUP)).headers["location"]
    assert (await api.call("GET", poll, version=None, who="eve")).status_code == 403
    missing = f"/subscriptions/{SUBSCRIPTION}/operationresults/none"
    assert (await api.call("GET", missing)).status_code == 404


async def test_group_stays_when_a_workspace_in_it_cannot_be_deleted(api):
    await api.running("ci-1")
    poll = (await api.call("DELETE", GROUP)).headers["location"]
    async with api.services.database.transaction() as tx:
        (workspace,) = await tx.workspaces.being_deleted()
    from studiolo.domain.states import Event
    from studiolo.reconciler.groups import Groups
    from studiolo.reconciler.workspaces import Workspaces

    database, clock = api.services.database, api.services.clock
    await Workspaces(database, clock=clock, shares=None).round()
    await api.move("ci-1", Event.FAILED)
    await Workspaces(database, clock=clock, shares=None).round()
    await Groups(database, clock=clock).round()
    reply = await api.call("GET", poll, version=None)
    assert reply.status_code == 409
    assert workspace.name in reply.json()["error"]["message"]
    assert (await api.call("GET", GROUP)).json()["properties"]["provisioningState"] == "Succeeded"


async def test_every_write_is_in_the_activity_log(api):
    await put(api, "rg2")
    await api.call("DELETE", f"{BASE}/rg2")
    async with api.services.database.reading() as tx:
        lines = await tx.activity.page(f"{BASE}/rg2", None, 10)
    assert [(entry.operation.rsplit("/", 1)[1], entry.status) for _, entry in lines] == [
        ("delete", "Accepted"),
        ("write", "Succeeded"),
    ]
