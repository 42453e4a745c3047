"""The activity log as Azure's clients read it."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import iter_route_contexts
from tests.support.api import SUBSCRIPTION, TENANT, Api, add_person

from studiolo.api.activity.titles import TITLES
from studiolo.api.deps import Authorized
from studiolo.api.identity.service import identity_of
from studiolo.domain.access import granted, overlap
from studiolo.domain.resources import ActivityEntry, PrincipalKind, RoleAssignment
from studiolo.domain.roles import BUILT_IN, COMPUTE_OPERATOR, CONTRIBUTOR, READER
from studiolo.main import ROUTERS

PATH = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"
VERSION = "2015-04-01"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
SIGN_IN = "Studiolo.Identity/signIn/action"


async def read(api: Api, *, who: str = "ann", **query: str) -> Any:
    """The reply, with `$filter` and the like given as `filter`."""
    params = {f"${name}": value for name, value in query.items()}
    return await api.call("GET", PATH, who=who, version=VERSION, params=params)


async def scopes(api: Api, *, who: str = "ann", **query: str) -> list[str]:
    reply = await read(api, who=who, **query)
    assert reply.status_code == 200, reply.text
    return [each["resourceId"] for each in reply.json()["value"]]


async def note(api: Api, scope: str = SCOPE, **changes: Any) -> ActivityEntry:
    """A line that is written now."""
    ann = api.people["ann"]
    entry = ActivityEntry(
        api.services.clock(), ann.id, ann.name, SIGN_IN, scope, "Succeeded", "c-1"
    )
    async with api.services.database.transaction() as tx:
        # What the people's tokens left behind is out of the way.
        await tx.activity.add(replace(entry, **changes))
    return replace(entry, **changes)


async def test_a_create_is_told_in_azures_words(api):
    reply = await api.create("ci-1")
    correlation = reply.headers["x-ms-correlation-request-id"]
    event = (await read(api, filter=f"resourceUri eq '{api.compute('ci-1')}'")).json()["value"][0]
    ann = api.people["ann"]
    write = "Microsoft.MachineLearningServices/workspaces/computes/write"
    expected = {
        "caller": "ann",
        "operationName": {"value": write, "localizedValue": "Create or update compute"},
        "authorization": {"action": write, "scope": api.compute("ci-1")},
        "status": {"value": "Accepted", "localizedValue": "Accepted"},
        "level": "Informational",
        "correlationId": correlation,
        "resourceId": api.compute("ci-1"),
        "resourceGroupName": "rg1",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "description": "size Standard_DS3_v2",
    }
    assert {name: event[name] for name in expected} == expected
    assert event["resourceProviderName"]["value"] == "Microsoft.MachineLearningServices"
    kind = "Microsoft.MachineLearningServices/workspaces/computes"
    assert event["resourceType"]["value"] == kind
    assert ann.id in event["claims"].values()
    assert event["id"].endswith(f"/events/{event['eventDataId']}")


async def test_an_event_keeps_its_id(api):
    await note(api)
    first, second = [(await read(api, top="1")).json()["value"][0] for _ in range(2)]
    assert first == second


async def test_pages_hold_every_line_once_newest_first(api):
    for number in range(7):
        await note(api, f"{SCOPE}/resourceGroups/rg1/providers/A.B/c/{number}")
    wanted = f"resourceUri eq '{SCOPE}/resourceGroups/rg1/providers/A.B'"
    reply = await read(api, filter=wanted, top="3")
    found = [reply.json()]
    while link := found[-1].get("nextLink"):
        found.append((await api.call("GET", link, version=None)).json())
    names = [each["resourceId"][-1] for page in found for each in page["value"]]
    assert names == list("6543210")
    assert [len(page["value"]) for page in found] == [3, 3, 1]


@pytest.mark.parametrize("token", ["x", "made-up", "MjAyNg=="])
async def test_a_token_that_was_made_up_is_refused(api, token):
    reply = await read(api, skiptoken=token)
    assert (reply.status_code, reply.json()["error"]["target"]) == (400, "$skipToken")


async def test_the_filter_narrows_by_group_resource_caller_status_and_time(api):
    group = f"{SCOPE}/resourceGroups/G1"
    first = await note(api, group)
    await note(api, f"{SCOPE}/resourceGroups/g1x")
    inner = f"{group}/providers/A.B/c/it's"
    last = await note(api, inner, status="Failed", principal_name="bob", principal="id-of-bob")
    assert await scopes(api, filter="resourceGroupName eq 'g1'") == [inner, group]
    quoted = inner.replace("'", "''")
    assert await scopes(api, filter=f"resourceUri eq '{quoted}'") == [inner]
    assert await scopes(api, filter="caller eq 'BOB'") == [inner]
    assert await scopes(api, filter="caller eq 'id-of-bob' and status eq 'failed'") == [inner]
    within = f"eventTimestamp ge '{first.at.isoformat()}' AND resourceGroupName eq 'G1'"
    assert await scopes(api, filter=within) == [inner, group]
    until = (last.at - timedelta(milliseconds=1)).isoformat().replace("+00:00", "Z")
    assert await scopes(api, filter=f"{within} and eventTimestamp le '{until}'") == [group]
    both = f"resourceGroupName eq 'g1x' and resourceUri eq '{group}'"
    assert await scopes(api, filter=both) == []


@pytest.mark.parametrize(
    ("filtered", "named"),
    [
        ("resourceProvider eq 'Microsoft.Compute'", "resourceProvider eq"),
        ("eventTimestamp gt '2026-01-01T00:00:00Z'", "eventTimestamp gt"),
        ("status eq 'a' or status eq 'b'", "status eq 'a' or status eq 'b'"),
        ("not caller eq 'ann'", "not caller eq 'ann'"),
        ("caller eq 'ann' and caller eq 'dan'", "twice"),
        ("caller eq ''", "nothing"),
        ("eventTimestamp ge 'yesterday'", "yesterday"),
        ("startswith(caller, 'a')", "startswith"),
        ("caller eq 'a' and", "and"),
        ("caller eq '" + "a" * 3000 + "'", "longer"),
    ],
)
async def test_what_the_filter_cannot_do_is_refused_by_name(api, filtered, named):
    reply = await read(api, filter=filtered)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["target"]) == (400, "InvalidFilter", "$filter")
    assert named in error["message"]


async def test_other_options_of_odata_are_refused_by_name(api):
    error = (await read(api, select="caller")).json()["error"]
    assert (error["code"], error["target"]) == ("UnsupportedFeature", "$select")


async def test_a_reader_sees_what_is_about_their_scopes_and_no_sign_in(api):
    await note(api)  # a sign-in
    await note(api, f"{SCOPE}/resourceGroups/rg2")
    await note(api, api.path + "x")
    await api.create("ci-1")
    assert await scopes(api, who="rea") == [api.compute("ci-1")]
    seen = await scopes(api, filter=f"resourceUri eq '{SCOPE}'", who="rea")
    assert seen == [api.compute("ci-1")]
    assert await scopes(api, filter="resourceGroupName eq 'rg2'", who="rea") == []
    assert SCOPE in await scopes(api)


@pytest.mark.parametrize("who", ["dan", "eve"])
async def test_who_may_read_no_scope_is_refused_as_azure_does(api, who):
    reply = await read(api, who=who)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (403, "AuthorizationFailed")
    assert "Microsoft.Insights/eventtypes/values/read" in error["message"]


async def test_a_contributor_of_one_group_sees_that_group(api):
    identity = api.services.identity.service  # type: ignore[attr-defined]
    await add_person(api, identity, "con", (CONTRIBUTOR, f"{SCOPE}/resourceGroups/rg1"))
    await api.create("ci-1")
    await note(api, f"{SCOPE}/resourceGroups/rg10")
    assert await scopes(api, who="con") == [api.compute("ci-1")]


async def test_another_subscription_is_not_found(api):
    reply = await api.call("GET", PATH.replace(SUBSCRIPTION, str(uuid4())), version=VERSION)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "SubscriptionNotFound")


def test_every_operation_that_is_recorded_has_a_title():
    """A new one needs a line in `api/activity/titles.py`."""
    actions = {
        call.action
        for router in ROUTERS
        for route in iter_route_contexts(router.routes)
        for call in _calls(getattr(route.original_route, "dependant", None))
        if isinstance(call, Authorized) and not call.action.endswith("/read")
    }
    source = Path(identity_of.__code__.co_filename).parent
    written = "".join(file.read_text() for file in source.glob("*.py"))
    accounts = set(re.findall(r'"(Studiolo\.Identity/[A-Za-z/]+)"', written))
    assert len(accounts) > 5
    assert {action for action in actions | accounts if action not in TITLES} <= NOT_RECORDED


NOT_RECORDED = {
    "Microsoft.MachineLearningServices/workspaces/checkComputeNameAvailability/action",
    "Microsoft.MachineLearningServices/workspaces/computes/customServices/action",
    "Microsoft.MachineLearningServices/workspaces/computes/enableSso/action",
    "Microsoft.MachineLearningServices/workspaces/computes/listKeys/action",
    "Microsoft.MachineLearningServices/workspaces/computes/listNodes/action",
    "Microsoft.MachineLearningServices/workspaces/computes/updateDataMounts/action",
    "Microsoft.MachineLearningServices/workspaces/listKeys/action",
    "Microsoft.Resources/deployments/validate/action",
    "Microsoft.Resources/deployments/whatIf/action",
    "Microsoft.Resources/subscriptions/providers/register/action",
}
"""Actions that change nothing, or that are refused."""


def _calls(dependant: Any) -> list[Any]:
    if dependant is None:
        return []
    return [call for each in dependant.dependencies for call in (each.call, *_calls(each))]


def _held(role: Any, scope: str) -> RoleAssignment:
    now = "2026"
    return RoleAssignment("a", scope, role.id, "p", PrincipalKind.USER, now, "p")  # type: ignore[arg-type]


def test_scopes_that_lie_in_others_are_not_named_twice():
    action = "Microsoft.Insights/eventtypes/values/read"
    held = [_held(READER, scope) for scope in ("/S/a/b", "/s/a", "/s/ab", "/s/a")]
    held.append(_held(COMPUTE_OPERATOR, "/s/c"))
    assert granted(held, BUILT_IN, action) == ("/s/a", "/s/ab")


def test_the_overlap_of_scopes_is_the_inner_of_both():
    assert overlap(["/s/a", "/s/b"], "/S") == ("/s/a", "/s/b")
    assert overlap(["/s"], "/S/A/b") == ("/s/a/b",)
    assert overlap(["/s/a"], "/s/ab") == ()
