"""Role definitions and assignments, as azure-cli and ARM templates use them."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.support.identity import SCOPE, SUBSCRIPTION, Studio, open_studio
from tests.support.values import a_compute

from studiolo.domain.resources import Principal, PrincipalKind
from studiolo.domain.roles import CONTRIBUTOR, DATA_SCIENTIST, OWNER, READER

ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
API = {"api-version": "2022-04-01"}


def role_id(role: str) -> str:
    return f"{SCOPE}{DEFINITIONS}/{role}"


def body(person: Principal, role: str = READER.id, **more: Any) -> dict[str, Any]:
    return {
        "properties": {
            "roleDefinitionId": role_id(role),
            "principalId": person.id,
            "principalType": person.kind,
        }
        | more
    }


async def call(
    studio: Studio, who: Principal | None, method: str, path: str, **more: Any
) -> tuple[int, Any]:
    headers = studio.bearer(who) if who else {}
    params = API | more.pop("params", {})
    async with studio.client() as client:
        reply = await client.request(method, path, headers=headers, params=params, **more)
    return reply.status_code, reply.json() if reply.content else None


async def test_az_finds_a_role_by_name(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    status, found = await call(
        studio,
        owner,
        "GET",
        studio.workspace.arm_id + DEFINITIONS,
        params={"$filter": "roleName eq 'AzureML Data Scientist'"},
    )
    assert status == 200
    (role,) = found["value"]
    assert role["id"] == role_id(DATA_SCIENTIST.id)
    assert role["properties"]["roleName"] == "AzureML Data Scientist"
    assert role["properties"]["type"] == "BuiltInRole"
    assert role["properties"]["permissions"][0]["notActions"]


async def test_definitions_can_be_read_one_by_one_and_everywhere(studio: Studio) -> None:
    nobody = await studio.person("nora")
    reader = await studio.person("rea", READER)
    status, found = await call(studio, reader, "GET", f"{SCOPE}{DEFINITIONS}/{OWNER.id}")
    assert (status, found["name"]) == (200, OWNER.id)
    assert (await call(studio, nobody, "GET", SCOPE + DEFINITIONS))[0] == 403
    assert (await call(studio, None, "GET", DEFINITIONS))[0] == 401
    status, found = await call(studio, nobody, "GET", DEFINITIONS)
    assert len(found["value"]) == 5
    status, one = await call(studio, nobody, "GET", f"{DEFINITIONS}/{OWNER.id}")
    assert (status, one["properties"]["roleName"]) == (200, "Owner")
    status, missing = await call(studio, nobody, "GET", f"{DEFINITIONS}/{uuid4()}")
    assert (status, missing["error"]["code"]) == (404, "RoleDefinitionDoesNotExist")


@pytest.mark.parametrize(
    "text",
    [
        "roleName like 'x'",
        "roleName eq 'Owner' or roleName eq 'Reader'",
        "shoeSize eq '3'",
        "drop()",
        "roleName eq 'Owner' and",
        "'" * 50,
        "(" * 400,
        "a eq " + "'x' and a eq " * 60,
    ],
)
async def test_a_filter_that_is_not_understood_is_refused(studio: Studio, text: str) -> None:
    owner = await studio.person("olga", OWNER)
    for path in (DEFINITIONS, ASSIGNMENTS):
        status, refused = await call(studio, owner, "GET", SCOPE + path, params={"$filter": text})
        assert (status, refused["error"]["code"]) == (400, "InvalidFilter")


async def test_an_assignment_is_made_read_listed_and_removed(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    ann = await studio.person("ann")
    workspace = studio.workspace.arm_id
    path = f"{workspace}{ASSIGNMENTS}/{uuid4()}"
    assert (await call(studio, ann, "GET", workspace + DEFINITIONS))[0] == 403
    status, made = await call(studio, owner, "PUT", path, json=body(ann))
    assert status == 201
    assert made["id"] == path
    properties = made["properties"]
    assert properties["roleDefinitionId"] == role_id(READER.id)
    assert (properties["principalId"], properties["principalType"]) == (ann.id, "User")
    assert properties["scope"] == workspace
    assert properties["createdBy"] == owner.id

    assert (await call(studio, ann, "GET", workspace + DEFINITIONS))[0] == 200  # at once
    assert await call(studio, ann, "GET", path) == (200, made)
    assert await call(studio, owner, "PUT", path, json=body(ann)) == (200, made)
    assert await call(studio, owner, "DELETE", path) == (200, made)
    assert (await call(studio, owner, "DELETE", path))[0] == 204
    status, gone = await call(studio, owner, "GET", path)
    assert (status, gone["error"]["code"]) == (404, "RoleAssignmentNotFound")
    assert (await call(studio, ann, "GET", workspace + DEFINITIONS))[0] == 403
    operations = [operation for operation, _, _ in await studio.activity()]
    assert "Microsoft.Authorization/roleAssignments/write" in operations
    assert "Microsoft.Authorization/roleAssignments/delete" in operations


async def test_paths_and_ids_ignore_case(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    ann = await studio.person("ann")
    name = str(uuid4())
    path = f"/SUBSCRIPTIONS/{SUBSCRIPTION}/resourcegroups/RG1/PROVIDERS/microsoft.authorization"
    status, made = await call(
        studio, owner, "PUT", f"{path}/ROLEASSIGNMENTS/{name.upper()}", json=body(ann)
    )
    assert status == 201
    assert made["properties"]["scope"] == f"{SCOPE}/resourceGroups/rg1"
    assert made["name"] == name


async def test_lists_follow_azures_filters(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    ann = await studio.person("ann")
    group, workspace = f"{SCOPE}/resourceGroups/rg1", studio.workspace.arm_id
    await studio.assign(ann, READER, group)
    await studio.assign(ann, DATA_SCIENTIST, workspace)

    async def roles(scope: str, text: str = "") -> list[str]:
        params = {"$filter": text} if text else {}
        _, found = await call(studio, owner, "GET", scope + ASSIGNMENTS, params=params)
        return sorted(
            each["properties"]["roleDefinitionId"].rpartition("/")[2] for each in found["value"]
        )

    everything = sorted([OWNER.id, READER.id, DATA_SCIENTIST.id])
    assert await roles(SCOPE) == everything
    assert await roles(SCOPE, "atScope()") == [OWNER.id]
    assert await roles(workspace, "atScope()") == everything
    assert await roles(group, "atScope()") == sorted([OWNER.id, READER.id])
    mine = sorted([READER.id, DATA_SCIENTIST.id])
    assert await roles(SCOPE, f"principalId eq '{ann.id.upper()}'") == mine
    assert await roles(SCOPE, f"assignedTo('{ann.id}')") == mine
    assert await roles(group, f"atScope() and assignedTo('{ann.id}')") == [READER.id]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principalId": "33333333-3333-3333-3333-333333333333"}, "PrincipalNotFound"),
        ({"principalType": "ServicePrincipal"}, "UnmatchedPrincipalType"),
        ({"roleDefinitionId": f"{DEFINITIONS}/{uuid4()}"}, "RoleDefinitionDoesNotExist"),
        ({"condition": "@Resource[x] StringEquals 'y'"}, "UnsupportedFeature"),
        ({"description": "temporary"}, "UnsupportedFeature"),
        ({"surprise": 1}, "InvalidParameter"),
        ({"principalId": None}, "InvalidParameter"),
    ],
)
async def test_a_bad_assignment_is_refused_and_nothing_stored(
    studio: Studio, changes: dict[str, Any], code: str
) -> None:
    owner = await studio.person("olga", OWNER)
    ann = await studio.person("ann")
    path = f"{SCOPE}{ASSIGNMENTS}/{uuid4()}"
    status, refused = await call(studio, owner, "PUT", path, json=body(ann, **changes))
    assert (status, refused["error"]["code"]) == (400, code)
    assert (await call(studio, owner, "GET", path))[0] == 404


async def test_an_assignment_needs_a_guid_and_a_scope_that_exists(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    ann = await studio.person("ann")
    status, refused = await call(studio, owner, "PUT", f"{SCOPE}{ASSIGNMENTS}/mine", json=body(ann))
    assert (status, refused["error"]["code"]) == (400, "InvalidRoleAssignmentId")
    for scope in (
        f"{SCOPE}/resourceGroups/none",
        f"{SCOPE}/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm",
        studio.workspace.arm_id + "/computes/none",
        studio.workspace.arm_id + "x",
    ):
        status, _ = await call(
            studio, owner, "PUT", f"{scope}{ASSIGNMENTS}/{uuid4()}", json=body(ann)
        )
        assert status == 404, scope


async def test_a_role_can_be_given_on_one_compute(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    ann = await studio.person("ann")
    compute = a_compute(studio.workspace, name="ann-ci", owner_id=owner.id)
    async with studio.services.database.transaction() as tx:
        await tx.computes.add(compute, due_at=studio.clock())
    path = f"{compute.arm_id}{ASSIGNMENTS}/{uuid4()}"
    assert (await call(studio, owner, "PUT", path, json=body(ann)))[0] == 201
    assert (await call(studio, ann, "GET", compute.arm_id + DEFINITIONS))[0] == 200
    assert (await call(studio, ann, "GET", studio.workspace.arm_id + DEFINITIONS))[0] == 403


async def test_the_same_role_twice_and_changed_assignments_are_conflicts(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    ann = await studio.person("ann")
    path = f"{SCOPE}{ASSIGNMENTS}/{uuid4()}"
    assert (await call(studio, owner, "PUT", path, json=body(ann)))[0] == 201
    status, twice = await call(
        studio, owner, "PUT", f"{SCOPE}{ASSIGNMENTS}/{uuid4()}", json=body(ann)
    )
    assert (status, twice["error"]["code"]) == (409, "RoleAssignmentExists")
    status, changed = await call(studio, owner, "PUT", path, json=body(ann, CONTRIBUTOR.id))
    assert (status, changed["error"]["code"]) == (400, "RoleAssignmentUpdateNotPermitted")


async def test_a_contributor_assigns_nothing_and_an_owner_of_a_workspace_only_there(
    studio: Studio,
) -> None:
    carl = await studio.person("carl", CONTRIBUTOR)
    wanda = await studio.person("wanda", OWNER, studio.workspace.arm_id)
    at_subscription = f"{SCOPE}{ASSIGNMENTS}/{uuid4()}"
    at_workspace = f"{studio.workspace.arm_id}{ASSIGNMENTS}/{uuid4()}"
    for who, path, wanted in (
        (carl, at_subscription, 403),
        (carl, at_workspace, 403),
        (wanda, at_subscription, 403),
        (wanda, at_workspace, 201),
    ):
        status, reply = await call(studio, who, "PUT", path, json=body(wanda, READER.id))
        assert status == wanted
        if status == 403:
            message = reply["error"]["message"]
            assert reply["error"]["code"] == "AuthorizationFailed"
            assert "Microsoft.Authorization/roleAssignments/write" in message
            assert who.id in message


async def test_the_last_owner_stays(studio: Studio) -> None:
    olga = await studio.person("olga")
    first = await studio.assign(olga, OWNER)
    path = f"{SCOPE}{ASSIGNMENTS}/{first}"
    status, refused = await call(studio, olga, "DELETE", path)
    assert (status, refused["error"]["code"]) == (409, "Conflict")
    gone = await studio.person("gone", OWNER)
    async with studio.services.database.transaction() as tx:
        await tx.principals.set_disabled(gone.id, disabled=True)
    assert (await call(studio, olga, "DELETE", path))[0] == 409
    await studio.person("bot", OWNER, kind=PrincipalKind.SERVICE_PRINCIPAL)
    assert (await call(studio, olga, "DELETE", path))[0] == 200


async def test_two_owners_who_remove_each_other_at_once_leave_one(
    tmp_path: Path, database_url: str
) -> None:
    studio = await open_studio(tmp_path, database_url)
    try:
        people = [await studio.person(name) for name in ("olga", "oleg")]
        ids = [await studio.assign(person, OWNER) for person in people]
        replies = await asyncio.gather(
            call(studio, people[0], "DELETE", f"{SCOPE}{ASSIGNMENTS}/{ids[1]}"),
            call(studio, people[1], "DELETE", f"{SCOPE}{ASSIGNMENTS}/{ids[0]}"),
        )
        assert sorted(status for status, _ in replies) in ([200, 409], [200, 403])
        async with studio.services.database.reading() as tx:
            assert len(await tx.roles.applying_at(SCOPE)) == 1
    finally:
        await studio.services.database.close()


async def test_every_route_wants_a_version_and_a_caller(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    async with studio.client() as client:
        missing = await client.get(SCOPE + ASSIGNMENTS, headers=studio.bearer(owner))
        nobody = await client.get(SCOPE + ASSIGNMENTS, params=API)
    assert missing.json()["error"]["code"] == "MissingApiVersionParameter"
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"].startswith("Bearer")
