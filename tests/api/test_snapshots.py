"""Snapshots, going back to one, and a new system under the same home."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.support.api import Api, add_person
from tests.support.plain import fake_of, make_plain

from studiolo.api.computes.keeping import MOST
from studiolo.domain.machine import Recipe, Step
from studiolo.domain.resources import Compute
from studiolo.domain.roles import COMPUTE_OPERATOR
from studiolo.domain.states import Event, State
from studiolo.engines.base import Permanent, Temporary
from studiolo.engines.fake import FakeMachine
from studiolo.reconciler.specs import Specs


@pytest.fixture
async def compute(api: Api) -> Compute:
    """A running instance of ann's, with a machine that runs."""
    compute = await api.running("ci-1")
    specs = Specs(api.services.regions, api.services.deployment.id, "https://studiolo.localhost")
    await fake_of(api).ensure(specs.of(compute))
    return compute


def machine(api: Api, compute: Compute) -> FakeMachine:
    return fake_of(api).world.machines[compute.id]


async def at(api: Api, method: str, what: str = "", **call: Any) -> httpx.Response:
    """A request about the snapshots of ci-1."""
    return await api.call(method, f"{api.compute('ci-1')}/snapshots{what}", **call)


async def names(api: Api) -> list[str]:
    return [each["name"] for each in (await at(api, "GET")).json()["value"]]


async def stop(api: Api) -> None:
    await api.call("POST", f"{api.compute('ci-1')}/stop")
    await api.move("ci-1", Event.HALTED)


async def test_a_snapshot_is_made_once_and_read(api: Api, compute: Compute) -> None:
    made = await at(api, "PUT", "/2026-friday")
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["id"] == f"{api.compute('ci-1')}/snapshots/2026-friday"
    assert body["name"] == "2026-friday"
    assert body["type"] == "Microsoft.MachineLearningServices/workspaces/computes/snapshots"
    assert body["properties"]["provisioningState"] == "Succeeded"
    assert body["properties"]["createdOn"]
    assert (await at(api, "GET", "/2026-friday")).json() == body
    again = await at(api, "PUT", "/2026-friday", body=body)
    assert (again.status_code, again.json()) == (200, body)
    assert await names(api) == ["2026-friday"]


async def test_snapshots_are_listed_oldest_first_without_those_of_copies(
    api: Api, compute: Compute
) -> None:
    for name in ("second", "first"):
        await at(api, "PUT", f"/{name}")
    await fake_of(api).snapshot(compute.id, "ci-0123456789abcdef")
    assert await names(api) == ["second", "first"]


async def test_a_deleted_snapshot_is_gone_and_deleting_it_again_is_no_error(
    api: Api, compute: Compute
) -> None:
    await at(api, "PUT", "/a")
    assert (await at(api, "DELETE", "/a")).status_code == 200
    assert (await at(api, "GET", "/a")).status_code == 404
    assert (await at(api, "DELETE", "/a")).status_code == 204
    assert machine(api, compute).snapshots == {}


async def test_there_are_no_more_than_twenty(api: Api, compute: Compute) -> None:
    for number in range(MOST):
        assert (await at(api, "PUT", f"/s{number}")).status_code == 201
    refused = await at(api, "PUT", "/more")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "Conflict")
    assert (await at(api, "PUT", "/s0")).status_code == 200
    await at(api, "DELETE", "/s0")
    assert (await at(api, "PUT", "/more")).status_code == 201


async def test_each_change_has_a_line_in_the_activity_log(api: Api, compute: Compute) -> None:
    await at(api, "PUT", "/a")
    await at(api, "DELETE", "/a")
    async with api.services.database.reading() as tx:
        lines = await tx.activity.page(f"{compute.arm_id}/snapshots/a", None, 10)
    assert [line.operation.rpartition("/computes/")[2] for _, line in lines] == [
        "snapshots/delete",
        "snapshots/write",
    ]


async def test_what_the_engine_says_reaches_the_person(api: Api, compute: Compute) -> None:
    world = fake_of(api).world
    world.fail_next("snapshot", Temporary("The pool is full."))
    refused = await at(api, "PUT", "/a")
    assert (refused.status_code, refused.json()["error"]["message"]) == (503, "The pool is full.")
    world.fail_next("snapshot", Permanent("There is no such machine."))
    assert (await at(api, "PUT", "/a")).status_code == 409
    assert await names(api) == []


async def test_while_an_instance_is_on_its_way_nothing_is_kept_or_forgotten(
    api: Api, compute: Compute
) -> None:
    await at(api, "PUT", "/a")
    await api.call("POST", f"{api.compute('ci-1')}/restart")
    assert (await at(api, "PUT", "/b")).status_code == 409
    assert (await at(api, "DELETE", "/a")).status_code == 409
    assert await names(api) == ["a"]


async def test_a_region_that_keeps_none_says_so(api: Api) -> None:
    make_plain(api)
    await api.running("ci-1")
    for method, what in (
        ("GET", ""),
        ("GET", "/a"),
        ("PUT", "/a"),
        ("DELETE", "/a"),
        ("POST", "/a/restore"),
    ):
        error = (await at(api, method, what)).json()["error"]
        assert error["code"] == "UnsupportedFeature"
        assert "'local'" in error["message"]
    for what in ("reimage", "clone"):
        body = {"name": "ci-2"} if what == "clone" else None
        refused = await api.call("POST", f"{api.compute('ci-1')}/{what}", body=body)
        assert refused.json()["error"]["code"] == "UnsupportedFeature"


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_restore_is_stored_with_the_next_start(
    api: Api, compute: Compute, stopped: bool
) -> None:
    await at(api, "PUT", "/a")
    if stopped:
        await stop(api)
    hints = len(api.hints)
    reply = await at(api, "POST", "/a/restore")
    assert reply.status_code == 202
    assert len(api.hints) == hints + 1
    stored = await api.stored("ci-1")
    assert stored is not None
    assert stored.state is (State.STARTING if stopped else State.RESTARTING)
    assert (stored.recipe, stored.generation) == (Recipe(Step.RESTORE, "a"), compute.generation + 1)
    await api.move("ci-1", Event.READY)
    polled = await api.call("GET", reply.headers["Azure-AsyncOperation"], version=None)
    assert polled.json()["status"] == "Succeeded"
    shown = (await api.call("GET", api.compute("ci-1"))).json()["properties"]["properties"]
    assert shown["lastOperation"]["operationName"] == "Restore"


async def test_a_repeated_restore_joins_the_one_that_is_under_way(
    api: Api, compute: Compute
) -> None:
    for name in ("a", "b"):
        await at(api, "PUT", f"/{name}")
    assert (await at(api, "POST", "/a/restore")).status_code == 202
    assert (await at(api, "POST", "/a/restore")).status_code == 202
    assert (await at(api, "POST", "/b/restore")).status_code == 409
    stored = await api.stored("ci-1")
    assert stored is not None
    assert stored.generation == compute.generation + 1


async def test_a_reimage_keeps_the_home_and_is_refused_while_there_are_snapshots(
    api: Api, compute: Compute
) -> None:
    await at(api, "PUT", "/a")
    path = f"{api.compute('ci-1')}/reimage"
    refused = await api.call("POST", path)
    assert refused.status_code == 409
    assert "Delete them first" in refused.json()["error"]["message"]
    await at(api, "DELETE", "/a")
    assert (await api.call("POST", path)).status_code == 202
    stored = await api.stored("ci-1")
    assert stored is not None
    assert (stored.state, stored.recipe) == (State.RESTARTING, Recipe(Step.REIMAGE))
    assert stored.last_operation.name == "Reimage"


async def test_a_restart_during_a_restore_does_not_make_it_forgotten(
    api: Api, compute: Compute
) -> None:
    await at(api, "PUT", "/a")
    await at(api, "POST", "/a/restore")
    await api.call("POST", f"{api.compute('ci-1')}/restart")
    stored = await api.stored("ci-1")
    assert stored is not None
    assert stored.recipe == Recipe(Step.RESTORE, "a")


async def test_who_may_change_an_instance_may_go_back_on_it(api: Api, compute: Compute) -> None:
    await at(api, "PUT", "/a")
    identity = api.services.identity.service  # type: ignore[attr-defined]
    await add_person(api, identity, "oli", (COMPUTE_OPERATOR, api.workspace.arm_id))
    assert (await at(api, "POST", "/a/restore", who="dan")).status_code == 403
    assert (await at(api, "POST", "/a/restore", who="oli")).status_code == 202


async def test_an_engine_that_hangs_is_not_waited_for_for_ever(
    api: Api, compute: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.api.computes.keeping._SECONDS", 0.05)
    fake_of(api).world.delay("snapshot", timedelta(hours=1).total_seconds())
    refused = await at(api, "PUT", "/a")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "ServiceUnavailable")
