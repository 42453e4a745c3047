"""Workspaces by Azure's requests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import SUBSCRIPTION, TENANT, Api
from tests.support.arm import GROUP, PROVIDER, open_arm, settle

from studiolo.api.workspaces.properties import NEUTRAL

BASE = f"{GROUP}/{PROVIDER}"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_arm(tmp_path) as api:
        yield api


async def put(api, name, who="ann", headers=None, **body):
    whole = {"location": "local", "properties": {}} | body
    return await api.call("PUT", f"{BASE}/{name}", who=who, body=whole, headers=headers)


async def test_put_creates_and_is_done_when_it_answers(api):
    reply = await put(
        api,
        "vision",
        tags={"team": "a"},
        identity={"type": "systemAssigned"},
        properties={"friendlyName": "Vision", "description": "Seeing"},
    )
    assert reply.status_code == 201
    assert "azure-asyncoperation" not in reply.headers
    body = reply.json()
    assert body["id"] == f"{BASE}/vision"
    assert body["type"] == "Microsoft.MachineLearningServices/workspaces"
    assert (body["location"], body["kind"], body["tags"]) == ("local", "Default", {"team": "a"})
    assert body["identity"] == {"type": "SystemAssigned", "tenantId": TENANT}
    assert body["systemData"]["createdBy"] == "ann"
    properties = body["properties"]
    assert properties["friendlyName"] == "Vision"
    assert properties["description"] == "Seeing"
    assert properties["provisioningState"] == "Succeeded"
    assert properties["publicNetworkAccess"] == "Enabled"
    assert "storageAccount" not in properties
    assert (await api.call("GET", f"{BASE}/VISION")).json() == body


async def test_put_again_replaces_and_keeps_the_id(api):
    first = (await put(api, "vision", properties={"description": "a"})).json()
    reply = await put(api, "Vision", properties={"friendlyName": "V"})
    assert reply.status_code == 200
    second = reply.json()
    assert second["properties"]["workspaceId"] == first["properties"]["workspaceId"]
    assert second["name"] == "vision"
    assert second["properties"]["description"] == ""
    assert second["properties"]["friendlyName"] == "V"


async def test_what_was_read_can_be_put_back_and_changes_nothing(api):
    await put(api, "vision", tags={"a": "1"}, properties={"description": "a"})
    seen = (await api.call("GET", f"{BASE}/vision")).json()
    reply = await api.call("PUT", f"{BASE}/vision", body=seen)
    assert reply.json() == seen


async def test_references_are_kept_as_given(api):
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/mine"
    body = (await put(api, "vision", properties={"storageAccount": account})).json()
    assert body["properties"]["storageAccount"] == account


async def test_patch_changes_what_it_names(api):
    await put(api, "vision", tags={"a": "1"}, properties={"description": "a"})
    reply = await api.call("PATCH", f"{BASE}/vision", body={"properties": {"description": "b"}})
    body = reply.json()
    assert (body["tags"], body["properties"]["description"]) == ({"a": "1"}, "b")
    assert body["properties"]["friendlyName"] == "vision"
    body = (await api.call("PATCH", f"{BASE}/vision", body={"tags": {"b": "2"}})).json()
    assert body["tags"] == {"b": "2"}
    assert body["systemData"]["lastModifiedAt"] > body["systemData"]["createdAt"]


@pytest.mark.parametrize(
    "properties",
    [
        {"hbiWorkspace": "false", "v1LegacyMode": False, "publicNetworkAccess": "enabled"},
        {"encryption": {"status": "Disabled", "keyVaultProperties": {"keyVaultArmId": ""}}},
        {"managedNetwork": {"isolationMode": "Disabled", "outboundRules": {}}},
        {"featureStoreSettings": {"computeRuntime": {"sparkRuntimeVersion": None}}},
        {"networkAcls": {"defaultAction": "Allow", "ipRules": []}},
        {"storageAccount": "", "imageBuildCompute": "", "existingWorkspaces": []},
        {"provisioningState": "Creating", "workspaceId": "other", "notebookInfo": {}},
    ],
)
async def test_values_that_ask_for_nothing_are_accepted(api, properties):
    reply = await put(api, "vision", properties=properties)
    assert reply.status_code == 201, reply.text


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"properties": {"publicNetworkAccess": "Disabled"}}, "properties.publicNetworkAccess"),
        ({"properties": {"hbiWorkspace": True}}, "properties.hbiWorkspace"),
        ({"properties": {"encryption": {"status": "Enabled"}}}, "properties.encryption"),
        (
            {"properties": {"managedNetwork": {"isolationMode": "AllowInternetOutbound"}}},
            "properties.managedNetwork",
        ),
        ({"properties": {"imageBuildCompute": "cpu"}}, "properties.imageBuildCompute"),
        ({"properties": {"hubResourceId": "/x"}}, "properties.hubResourceId"),
        ({"properties": {"storageAccount": "mine"}}, "properties.storageAccount"),
        ({"properties": {"description": "x" * 5000}}, "properties.description"),
        ({"properties": {"friendlyName": 3}}, "properties.friendlyName"),
        ({"properties": {"colour": "red"}}, "properties.colour"),
        ({"kind": "Hub"}, "kind"),
        ({"sku": {"name": "Enterprise"}}, "sku"),
        ({"identity": {"type": "UserAssigned"}}, "identity.type"),
        ({"identity": {"type": "SystemAssigned", "userAssignedIdentities": {"x": {}}}},
         "identity.type"),
        ({"colour": "red"}, "colour"),
        ({"location": "mars"}, "location"),
        ({"properties": []}, "properties"),
    ],
)  # fmt: skip
async def test_what_is_not_done_is_refused_by_name_and_nothing_changes(api, changes, target):
    before = await api.dump()
    reply = await put(api, "vision", **changes)
    assert reply.status_code == 400
    assert reply.json()["error"]["target"] == target
    assert await api.dump() == before


async def test_patch_refuses_what_put_refuses(api):
    body = {"properties": {"hbiWorkspace": True}}
    reply = await api.call("PATCH", api.path, body=body)
    assert reply.json()["error"]["target"] == "properties.hbiWorkspace"


@pytest.mark.parametrize("name", ["ab", "x" * 34, "-abc", "_abc", "a.bc", "a bc", "äbc", "abc)"])
async def test_name_that_breaks_azures_rule_is_refused(api, name):
    reply = await put(api, name)
    assert reply.status_code == 400
    assert reply.json()["error"]["target"] == "workspaceName"


async def test_unknown_workspace_or_group_is_named(api):
    reply = await api.call("GET", f"{BASE}/nope")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "ResourceNotFound")
    path = f"{BASE}/vision".replace("rg1", "rg9")
    for method in ("GET", "PUT"):
        reply = await api.call(
            method, path, body={"location": "local"} if method == "PUT" else None
        )
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "ResourceGroupNotFound")


async def test_preconditions_guard_against_overwriting(api):
    tag = (await put(api, "vision")).headers["etag"]
    reply = await put(api, "vision", headers={"If-None-Match": "*"}, tags={"a": "1"})
    assert reply.status_code == 412
    assert (await put(api, "vision", headers={"If-Match": tag}, tags={"a": "1"})).status_code == 200
    assert (await put(api, "vision", headers={"If-Match": tag}, tags={"a": "2"})).status_code == 412
    reply = await api.call("DELETE", f"{BASE}/vision", headers={"If-Match": tag})
    assert reply.status_code == 412


async def test_lists_page_by_group_and_by_subscription(api):
    for name in ("aaa", "bbb", "ccc"):
        await put(api, name)
    for path in (BASE, f"/subscriptions/{SUBSCRIPTION}/{PROVIDER}"):
        names, url = [], f"{path}?$top=3"
        while url:
            version = None if "api-version" in url else "2024-10-01-preview"
            body = (await api.call("GET", url, version=version)).json()
            names += [each["name"] for each in body["value"]]
            url = body.get("nextLink")
        assert sorted(names) == ["aaa", "bbb", "ccc", "ws1"]


async def test_lists_hold_what_the_caller_may_read(api):
    await put(api, "vision")
    for path in (BASE, f"/subscriptions/{SUBSCRIPTION}/{PROVIDER}"):
        for who, names in (("dan", ["ws1"]), ("rea", ["ws1"]), ("eve", [])):
            found = (await api.call("GET", path, who=who)).json()["value"]
            assert [each["name"] for each in found] == names


async def test_rights_are_asked_for_each_verb(api):
    assert (await api.call("GET", api.path, who="rea")).status_code == 200
    assert (await api.call("PATCH", api.path, who="rea", body={})).status_code == 403
    assert (await api.call("DELETE", api.path, who="dan")).status_code == 403
    assert (await put(api, "ws1", who="rea")).status_code == 403
    assert (await api.call("POST", f"{api.path}/listKeys", who="rea")).status_code == 403
    assert (await api.call("GET", api.path, who=None)).status_code == 401


async def test_keys_that_do_not_exist_are_null(api):
    reply = await api.call("POST", f"{api.path}/listKeys")
    assert reply.status_code == 200
    assert set(reply.json().values()) == {None}


async def test_delete_is_polled_until_workspace_and_computes_are_gone(api):
    await api.running("ci-1")
    accepted = await api.call("DELETE", f"{api.path}?forceToPurge=false")
    assert accepted.status_code == 202
    poll, result = accepted.headers["azure-asyncoperation"], accepted.headers["location"]
    assert (await api.call("GET", poll, version=None)).json()["status"] == "InProgress"
    assert (await api.call("GET", result, version=None)).status_code == 202
    assert (await api.create("ci-2")).status_code == 409
    assert (await put(api, "ws1", tags={"a": "1"})).status_code == 409
    again = await api.call("DELETE", api.path)
    assert again.headers["azure-asyncoperation"].partition("?")[0] == poll.partition("?")[0]
    await settle(api)
    assert (await api.call("GET", poll, version=None)).json()["status"] == "Succeeded"
    assert (await api.call("GET", api.path)).status_code == 404
    assert (await api.call("DELETE", api.path)).status_code == 204


async def test_delete_is_polled_by_the_paths_that_azure_has_for_workspaces_too(api):
    accepted = await api.call("DELETE", api.path)
    operation = accepted.headers["location"].partition("?")[0].rpartition("/")[2]
    status = api.location(f"workspaceOperationsStatus/{operation}")
    result = api.location(f"workspaceOperationResults/{operation}")
    assert (await api.call("GET", status)).json()["status"] == "InProgress"
    assert (await api.call("GET", result)).status_code == 202
    await settle(api)
    assert (await api.call("GET", status)).json()["status"] == "Succeeded"
    assert (await api.call("GET", result)).status_code == 204


async def test_two_writers_of_one_workspace_do_not_both_win(api, monkeypatch):
    from studiolo.store.workspaces import Workspaces

    async def overtaken(self, workspace, *, if_etag):
        return False

    monkeypatch.setattr(Workspaces, "save", overtaken)
    reply = await put(api, "ws1", tags={"a": "1"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "Conflict")


def test_no_property_is_both_kept_and_refused():
    from studiolo.api.workspaces.properties import READ_ONLY, REFERENCES, TEXTS

    names = [*NEUTRAL, *READ_ONLY, *REFERENCES, *TEXTS]
    assert len(names) == len(set(names))
