"""Sizes, usages and quotas of a region."""

import pytest
from tests.support.api import SUBSCRIPTION, Api, add_person

from studiolo.domain.roles import READER


async def test_sizes_have_both_spellings(api: Api) -> None:
    rows = (await api.call("GET", api.location("vmSizes"), who="eve")).json()["value"]
    row = next(each for each in rows if each["name"] == "Standard_DS3_v2")
    assert row["family"] == "standardDSv2Family"
    assert row["vCPUs"] == row["v_cp_us"] == 4
    assert row["memoryGB"] == row["memory_gb"] == 14
    assert row["maxResourceVolumeMB"] == row["max_resource_volume_mb"] == 28 * 1024
    assert row["supportedComputeTypes"] == ["ComputeInstance"]


async def test_sizes_filter_by_compute_type(api: Api) -> None:
    path = api.location("vmSizes")
    some = await api.call("GET", path, params={"computeType": "COMPUTEINSTANCE"})
    none = await api.call("GET", path, params={"computeType": "AmlCompute"})
    assert (len(some.json()["value"]) > 50, none.json()["value"]) == (True, [])


async def test_usages_count_what_is_held(api: Api) -> None:
    await api.create("ci-1")
    rows = (await api.call("GET", api.location("usages"))).json()["value"]
    total, family = (
        next(each for each in rows if each["name"]["value"] == name)
        for name in ("TotalDedicatedCores", "standardDSv2Family")
    )
    for row in (total, family):
        assert row["currentValue"] == row["current_value"] == 4
        assert (row["limit"], row["unit"]) == (100, "Count")
    assert rows[0] == total
    assert family["name"]["localizedValue"] == "Standard DSv2 Family Cluster Dedicated vCPUs"


async def test_limits_can_be_set_and_then_hold(api: Api) -> None:
    base = f"/subscriptions/{SUBSCRIPTION}/x/quotas"
    body = {
        "value": [
            {"id": f"{base}/STANDARDDSV2FAMILY", "limit": 4, "unit": "Count", "type": "x"},
            {"id": f"{base}/TotalDedicatedCores", "limit": 8},
        ]
    }
    reply = await api.call("POST", api.location("updateQuotas"), body=body)
    assert reply.status_code == 200, reply.text
    rows = {each["name"]["value"]: each for each in reply.json()["value"]}
    assert rows["standardDSv2Family"]["limit"] == 4
    assert rows["TotalDedicatedCores"]["status"] == "Success"
    assert (await api.create("ci-1")).status_code == 201
    assert (await api.create("ci-2")).json()["error"]["code"] == "QuotaExceeded"
    listed = (await api.call("GET", api.location("quotas"))).json()["value"]
    assert {each["name"]["value"]: each["limit"] for each in listed}["TotalDedicatedCores"] == 8


async def test_a_region_may_be_written_in_any_case(api: Api) -> None:
    assert (await api.call("GET", api.location("usages", "Local"))).status_code == 200


async def test_a_role_at_one_workspace_tells_how_much_of_its_regions_quota_is_left(
    api: Api,
) -> None:
    await api.create("ci-1")
    everything = await api.call("GET", api.location("usages"))
    for location in ("local", "Local"):
        reply = await api.call("GET", api.location("usages", location), who="dan")
        assert reply.status_code == 200
        assert reply.json() == everything.json()
    assert "ann" not in reply.text
    assert "ci-1" not in reply.text


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("resourceGroups/rg1", 200),
        ("resourceGroups/RG1/providers/Microsoft.MachineLearningServices/workspaces/{w}", 200),
        (
            "resourceGroups/rg1/providers/Microsoft.MachineLearningServices/workspaces/{w}"
            "/computes/ci-1",
            200,
        ),
        ("resourceGroups/rg2", 403),
        ("resourceGroups/rg1/providers/Microsoft.MachineLearningServices/workspaces/none", 403),
        ("resourceGroups/rg1/providers/Microsoft.Network/virtualNetworks/{w}", 403),
    ],
)
async def test_a_role_where_the_region_has_no_workspace_tells_nothing_of_its_quota(
    api: Api, scope: str, status: int
) -> None:
    identity = api.services.identity.service  # type: ignore[attr-defined]
    at = f"/subscriptions/{SUBSCRIPTION}/{scope.format(w=api.workspace.name)}"
    await add_person(api, identity, "fay", (READER, at))
    reply = await api.call("GET", api.location("usages"), who="fay")
    assert reply.status_code == status, reply.text
    if status == 403:
        assert "locations/usages/read" in reply.json()["error"]["message"]


async def test_a_role_in_one_region_tells_nothing_of_anothers_quota(api: Api) -> None:
    reply = await api.call("GET", api.location("usages", "elsewhere"), who="dan")
    assert reply.status_code == 403


@pytest.mark.parametrize("verb", ["quotas", "usages"])
async def test_who_has_no_role_reads_neither_usages_nor_quotas(api: Api, verb: str) -> None:
    assert (await api.call("GET", api.location(verb), who="eve")).status_code == 403


async def test_limits_are_the_subscriptions_to_read_and_write(api: Api) -> None:
    assert (await api.call("GET", api.location("quotas"), who="dan")).status_code == 403
    reply = await api.call("POST", api.location("updateQuotas"), who="dan", body={"value": []})
    assert reply.status_code == 403
