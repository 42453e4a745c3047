"""Idle shutdown as clients set and see it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.api.test_inspection import STATUS, machine_of, serving
from tests.support.api import Api, a_body

from studiolo.api.arm.rendering import instant
from studiolo.domain.idle import SETTING

ACTION = "updateIdleShutdownSetting"


async def idle_time(api: Api, name: str = "ci-1") -> str | None:
    return (await api.call("GET", api.compute(name))).json()["properties"]["properties"][SETTING]


async def patch(api: Api, **settings: Any) -> Any:
    body = {"properties": {"properties": settings}}
    reply = await api.call("PATCH", api.compute("ci-1"), body=body)
    assert reply.status_code == 200, reply.text
    return reply.json()["properties"]["properties"][SETTING]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, None),
        ({SETTING: None}, None),
        ({SETTING: "PT30M"}, "PT30M"),
        ({SETTING: "PT1H"}, "PT60M"),
    ],
)
async def test_an_instance_is_created_with_its_idle_time(
    api: Api, settings: dict[str, Any], shown: str | None
) -> None:
    reply = await api.create("ci-1", **settings)
    assert reply.status_code == 201, reply.text
    assert reply.json()["properties"]["properties"][SETTING] == shown
    assert await idle_time(api) == shown


async def test_a_patch_changes_what_it_says_and_nothing_else(api: Api) -> None:
    await api.create("ci-1", **{SETTING: "PT30M"}, tags={"a": "b"})
    assert await patch(api, **{SETTING: "P1D"}) == "PT1440M"
    tagged = await api.call("PATCH", api.compute("ci-1"), body={"tags": {"c": "d"}})
    assert tagged.json()["properties"]["properties"][SETTING] == "PT1440M"
    assert await patch(api, **{SETTING: None}) is None
    assert (await api.call("GET", api.compute("ci-1"))).json()["tags"] == {"c": "d"}


async def test_a_put_of_what_there_is_sets_it_and_without_it_switches_it_off(api: Api) -> None:
    """As of tags and description, which are empty where a PUT does not say them."""
    await api.running("ci-1")
    for settings, shown in (
        ({SETTING: "PT30M"}, "PT30M"),
        ({SETTING: "PT45M"}, "PT45M"),
        ({}, None),
    ):
        reply = await api.create("ci-1", **settings)
        assert reply.status_code == 200, reply.text
        assert await idle_time(api) == shown


async def test_the_same_time_in_other_words_is_no_change(api: Api) -> None:
    before = await api.create("ci-1", **{SETTING: "PT1H"})
    after = await api.create("ci-1", **{SETTING: "PT60M"})
    assert (after.status_code, after.headers["etag"]) == (200, before.headers["etag"])


@pytest.mark.parametrize("off", [{SETTING: None}, {}])
async def test_azures_own_action_sets_it_and_switches_it_off(api: Api, off: dict[str, Any]) -> None:
    await api.running("ci-1")
    path = f"{api.compute('ci-1')}/{ACTION}"
    reply = await api.call("POST", path, body={SETTING: "PT60M"})
    assert (reply.status_code, await idle_time(api)) == (200, "PT60M")
    etag = (await api.stored("ci-1")).etag  # type: ignore[union-attr]
    await api.call("POST", path, body={SETTING: "PT1H"})
    assert (await api.stored("ci-1")).etag == etag  # type: ignore[union-attr]
    assert (await api.call("POST", path, body=off)).status_code == 200
    assert await idle_time(api) is None
    async with api.services.database.reading() as tx:
        lines = await tx.activity.page(f"{api.compute('ci-1')}", None, 2)
    assert [line.detail for _, line in lines] == ["never", "PT60M"]
    assert {line.operation.rpartition("/computes/")[2] for _, line in lines} == {f"{ACTION}/action"}


async def test_a_copy_has_the_idle_time_of_its_source(api: Api) -> None:
    await api.running("ci-1")
    await patch(api, **{SETTING: "PT30M"})
    reply = await api.call("POST", f"{api.compute('ci-1')}/clone", body={"name": "copied"})
    assert (reply.status_code, await idle_time(api, "copied")) == (201, "PT30M")


async def status_of(api: Api, tmp_path: Path, **activity: Any) -> Any:
    """The status of `ci-1`, whose agent says this of its use."""
    said = STATUS | {"activity": {"lastActivity": None, "busy": False, "reasons": []} | activity}
    said["startedAt"] = instant(api.now)

    async def answer(line: str, headers: dict[str, str]) -> tuple[int, bytes]:
        return 200, json.dumps(said).encode()

    compute = await api.stored("ci-1")
    assert compute is not None
    async with (
        serving(tmp_path / "a.sock", answer) as endpoint,
        machine_of(api, compute, endpoint.address),
    ):
        return (await api.call("GET", f"{api.compute('ci-1')}/status")).json()


async def test_status_says_since_when_it_is_idle_and_when_it_stops(
    api: Api, tmp_path: Path
) -> None:
    compute = await api.running("ci-1")
    since = compute.state_since
    told = await status_of(api, tmp_path)
    assert (told["busy"], told["idleSince"], told["shutdownAt"]) == ([], instant(since), None)
    await patch(api, **{SETTING: "PT30M"})
    changed = await api.stored("ci-1")
    assert changed is not None
    assert changed.stamp is not None
    since = changed.stamp.modified_at  # whoever changes its settings is there
    told = await status_of(api, tmp_path)
    assert told["idleSince"] == instant(since)
    assert told["shutdownAt"] == instant(since + timedelta(minutes=30))


async def test_status_says_what_keeps_it_awake(api: Api, tmp_path: Path) -> None:
    await api.running("ci-1")
    await patch(api, **{SETTING: "PT30M"})
    reasons = ["The kernel of train.ipynb is busy."]
    told = await status_of(api, tmp_path, busy=True, reasons=reasons)
    assert (told["busy"], told["idleSince"], told["shutdownAt"]) == (reasons, None, None)


async def test_status_of_what_cannot_be_heard_says_nothing_of_idleness(api: Api) -> None:
    compute = await api.running("ci-1")
    await patch(api, **{SETTING: "PT30M"})
    async with machine_of(api, compute, "unix//nowhere/agent.sock"):
        told = (await api.call("GET", f"{api.compute('ci-1')}/status")).json()
    assert (told["busy"], told["idleSince"], told["shutdownAt"]) == ([], None, None)


async def test_what_was_read_can_be_sent_back(api: Api) -> None:
    await api.running("ci-1")
    await patch(api, **{SETTING: "PT30M"})
    read = (await api.call("GET", api.compute("ci-1"))).json()
    reply = await api.call("PUT", api.compute("ci-1"), body=read)
    assert (reply.status_code, reply.json()["etag"]) == (200, read["etag"])
    assert a_body()["properties"]["computeType"] == read["properties"]["computeType"]
