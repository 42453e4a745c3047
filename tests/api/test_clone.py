"""`POST .../clone`: an instance of one's own that begins as a copy of another."""

from typing import Any

import httpx
import pytest
from tests.support.api import Api, a_body, add_person

from studiolo.domain.access import RoleDefinition
from studiolo.domain.machine import Recipe, Step
from studiolo.domain.quota import TOTAL
from studiolo.domain.roles import COMPUTE_OPERATOR, CONTRIBUTOR, DATA_SCIENTIST, OWNER
from studiolo.domain.states import Event, State

HOME, ROOT = "homeDiskSizeGiB", "rootDiskSizeGiB"


async def clone(api: Api, *, who: str = "ann", of: str = "ci-1", **body: Any) -> httpx.Response:
    sent = {"name": "ci-2", **body}
    return await api.call("POST", f"{api.compute(of)}/clone", who=who, body=sent)


async def person(api: Api, name: str, *roles: RoleDefinition) -> None:
    identity = api.services.identity.service  # type: ignore[attr-defined]
    await add_person(api, identity, name, (roles[0], api.workspace.arm_id))


async def test_a_clone_is_created_as_its_source_is(api: Api) -> None:
    await api.create("ci-1", tags={"team": "vision"}, **{HOME: 200}, outer={"description": "mine"})
    source = await api.move("ci-1", Event.READY)
    reply = await clone(api)
    assert reply.status_code == 201, reply.text
    body = reply.json()
    assert (body["name"], body["tags"]) == ("ci-2", {"team": "vision"})
    assert body["properties"]["description"] == "mine"
    inner = body["properties"]["properties"]
    assert (inner["vmSize"], inner["state"]) == (source.size, "Creating")
    assert (inner[HOME], inner[ROOT]) == (200, 40)
    stored = await api.stored("ci-2")
    assert stored is not None
    assert (stored.recipe, stored.generation) == (Recipe(Step.CLONE, source.id), 1)
    assert stored.id != source.id
    assert stored.agent_token != source.agent_token
    link = reply.headers["Azure-AsyncOperation"]
    assert (await api.call("GET", link, version=None)).json()["status"] == "InProgress"
    done = await api.move("ci-2", Event.READY)
    assert (done.state, done.recipe) == (State.RUNNING, None)
    assert (await api.call("GET", link, version=None)).json()["status"] == "Succeeded"


async def test_a_clone_may_be_of_another_size(api: Api) -> None:
    await api.running("ci-1")
    reply = await clone(api, targetVMSize="standard_ds4_v2")
    assert reply.json()["properties"]["properties"]["vmSize"] == "Standard_DS4_v2"


async def test_a_stopped_instance_can_be_cloned_and_a_moving_one_cannot(api: Api) -> None:
    await api.running("ci-1")
    await api.call("POST", f"{api.compute('ci-1')}/stop")
    assert (await clone(api)).status_code == 409
    await api.move("ci-1", Event.HALTED)
    assert (await clone(api)).status_code == 201


async def test_a_clone_needs_quota_of_its_own(api: Api) -> None:
    await api.running("ci-1")
    async with api.services.database.transaction() as tx:
        await tx.quota.set_limit("local", TOTAL, 7)
    before = await api.dump()
    reply = await clone(api)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "QuotaExceeded")
    assert await api.dump() == before


async def test_an_administrators_clone_is_the_administrators(api: Api) -> None:
    await person(api, "oli", COMPUTE_OPERATOR)
    await api.running("ci-1", who="oli")
    assert (await clone(api, who="ann")).status_code == 201
    stored = await api.stored("ci-2")
    assert stored is not None
    assert stored.owner_name == stored.assigned_name == "ann"


@pytest.mark.parametrize(
    ("role", "status"),
    [(OWNER, 201), (CONTRIBUTOR, 403), (COMPUTE_OPERATOR, 403), (DATA_SCIENTIST, 403)],
)
async def test_only_who_may_assign_roles_copies_the_home_of_another(
    api: Api, role: RoleDefinition, status: int
) -> None:
    await api.running("ci-1")
    await person(api, "pat", role)
    reply = await clone(api, who="pat")
    assert reply.status_code == status, reply.text
    if status == 403:
        assert await api.stored("ci-2") is None


async def test_the_assigned_user_may_clone_who_may_create(api: Api) -> None:
    await person(api, "pat", COMPUTE_OPERATOR)
    whom = {"assignedUser": {"objectId": api.people["pat"].id}}
    for_pat = a_body(personalComputeInstanceSettings=whom)
    assert (await api.call("PUT", api.compute("ci-1"), body=for_pat)).status_code == 201
    await api.move("ci-1", Event.READY)
    assert (await clone(api, who="pat")).status_code == 201
    stored = await api.stored("ci-2")
    assert stored is not None
    assert stored.owner_name == stored.assigned_name == "pat"


async def test_the_activity_log_says_of_what_it_is_a_copy(api: Api) -> None:
    source = await api.running("ci-1")
    await clone(api)
    async with api.services.database.reading() as tx:
        (_, line) = (await tx.activity.page(api.compute("ci-2"), None, 1))[0]
    assert line.detail == f"size {source.size}, a copy of {source.id}"
