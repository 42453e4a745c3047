"""Cloud discovery, subscriptions, tenants and providers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import ORIGIN, SUBSCRIPTION, TENANT, Api
from tests.support.arm import open_arm


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_arm(tmp_path) as api:
        yield api


@pytest.mark.parametrize(
    ("version", "kind"), [("2019-05-01", list), ("2022-09-01", dict), ("2024-01-01", dict)]
)
async def test_metadata_is_a_list_for_old_clients_and_one_cloud_for_new(api, version, kind):
    reply = await api.call("GET", "/metadata/endpoints", who=None, version=version)
    assert reply.status_code == 200
    body = reply.json()
    assert isinstance(body, kind)
    cloud = body[0] if kind is list else body
    assert cloud["resourceManager"] == cloud["authentication"]["loginEndpoint"] == ORIGIN
    assert cloud["authentication"]["tenant"] == TENANT
    assert cloud["suffixes"]["storage"] == "core.studiolo.localhost:8481"


async def test_metadata_names_no_address_but_the_deployments_own(api):
    text = (await api.call("GET", "/metadata/endpoints", who=None)).text
    assert "azure.com" not in text
    assert "windows.net" not in text


async def test_metadata_never_points_to_a_host_that_only_a_header_names(api):
    reply = await api.call(
        "GET", "/metadata/endpoints", who=None, version="2022-09-01", headers={"Host": "evil.test"}
    )
    assert reply.json()["resourceManager"] == ORIGIN


async def test_metadata_sends_plain_http_clients_to_https(api):
    reply = await api.call(
        "GET", "http://studiolo.localhost:8480/metadata/endpoints", who=None, version="2022-09-01"
    )
    assert reply.json()["resourceManager"] == ORIGIN


async def test_metadata_needs_an_api_version(api):
    reply = await api.call("GET", "/metadata/endpoints", who=None, version=None)
    assert reply.json()["error"]["code"] == "MissingApiVersionParameter"


@pytest.mark.parametrize("who", ["ann", "dan", "rea"])
async def test_whoever_holds_a_role_in_the_subscription_sees_what_is_the_same_for_all(api, who):
    body = (await api.call("GET", "/subscriptions", who=who)).json()
    assert [each["subscriptionId"] for each in body["value"]] == [SUBSCRIPTION]
    assert body["value"][0]["tenantId"] == TENANT
    for below in ("", "/locations", "/providers", "/providers/Microsoft.MachineLearningServices"):
        reply = await api.call("GET", f"/subscriptions/{SUBSCRIPTION}{below}", who=who)
        assert reply.status_code == 200, below


async def test_who_holds_no_role_sees_no_subscription(api):
    body = (await api.call("GET", "/subscriptions", who="eve")).json()
    assert body == {"value": [], "count": {"type": "Total", "value": 0}}
    for below in ("", "/locations", "/providers", "/providers/Microsoft.MachineLearningServices"):
        reply = await api.call("GET", f"/subscriptions/{SUBSCRIPTION}{below}", who="eve")
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert (await api.call("GET", "/tenants", who="eve")).json()["value"][0]["tenantId"] == TENANT


async def test_a_role_at_a_workspace_registers_no_provider(api):
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/register"
    assert (await api.call("POST", path, who="rea")).status_code == 403


async def test_strangers_learn_nothing(api):
    for path in ("/subscriptions", "/tenants", f"/subscriptions/{SUBSCRIPTION}/locations"):
        assert (await api.call("GET", path, who=None)).status_code == 401
    assert (await api.call("GET", f"/subscriptions/{SUBSCRIPTION}", who="eve")).status_code == 403


async def test_unknown_subscription_is_named_as_such(api):
    other = "33333333-3333-3333-3333-333333333333"
    reply = await api.call("GET", f"/subscriptions/{SUBSCRIPTION.upper()}")
    assert reply.status_code == 200
    reply = await api.call("GET", f"/subscriptions/{other}")
    assert reply.status_code in {403, 404}


async def test_locations_are_the_regions(api):
    body = (await api.call("GET", f"/subscriptions/{SUBSCRIPTION}/locations")).json()
    assert [each["name"] for each in body["value"]] == ["local"]


async def test_providers_are_registered_and_tell_their_versions(api):
    base = f"/subscriptions/{SUBSCRIPTION}/providers"
    listed = (await api.call("GET", base)).json()["value"]
    assert {each["registrationState"] for each in listed} == {"Registered"}
    one = (await api.call("GET", f"{base}/microsoft.machinelearningservices")).json()
    kinds = {each["resourceType"]: each for each in one["resourceTypes"]}
    assert kinds["workspaces/computes"]["locations"] == ["local"]
    assert "2023-08-01-preview" in kinds["workspaces/computes"]["apiVersions"]
    again = await api.call("POST", f"{base}/Microsoft.MachineLearningServices/register")
    assert again.json() == one


async def test_unknown_provider_is_refused_by_name(api):
    reply = await api.call("GET", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage")
    assert reply.status_code == 404
    assert reply.json()["error"]["code"] == "InvalidResourceNamespace"
