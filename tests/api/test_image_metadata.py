"""`osImageMetadata`: the image an instance is on, beside the newest of its region."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.api import Api

from studiolo.api.images import FRESH, LatestImages
from studiolo.domain.machine import IMAGE
from studiolo.engines.base import Engine, EngineError, Unreachable
from studiolo.engines.fake import FakeEngine, FakeWorld


def world(api: Api) -> FakeWorld:
    engine = api.services.engines["local"]
    assert isinstance(engine, FakeEngine)
    return engine.world


async def on_image(api: Api, name: str, version: str | None) -> None:
    """An instance that runs, whose machine was seen on `version`."""
    compute = await api.running(name)
    async with api.services.database.transaction() as tx:
        noted = replace(compute, image_version=version)
        assert await tx.computes.save(noted, if_etag=compute.etag, due_at=None)


async def metadata(api: Api, name: str) -> Any:
    reply = await api.call("GET", api.compute(name))
    assert reply.status_code == 200, reply.text
    return reply.json()["properties"]["properties"]["osImageMetadata"]


async def test_it_is_null_until_a_machine_has_been_seen(api: Api) -> None:
    created = await api.create("ci-1")
    assert created.json()["properties"]["properties"]["osImageMetadata"] is None


async def test_it_compares_the_machines_image_with_the_newest(api: Api) -> None:
    world(api).images[IMAGE] = "v2"
    await on_image(api, "ci-1", "v1")
    await on_image(api, "ci-2", "v2")
    assert await metadata(api, "ci-1") == {
        "currentImageVersion": "v1",
        "latestImageVersion": "v2",
        "isLatestOsImageVersion": False,
    }
    assert (await metadata(api, "ci-2"))["isLatestOsImageVersion"] is True


async def test_an_unknown_newest_image_is_null_and_not_called_newer(api: Api) -> None:
    world(api).images.clear()
    await on_image(api, "ci-1", "v1")
    assert await metadata(api, "ci-1") == {
        "currentImageVersion": "v1",
        "latestImageVersion": None,
        "isLatestOsImageVersion": None,
    }


async def test_what_was_read_can_be_sent_back(api: Api) -> None:
    await on_image(api, "ci-1", "v1")
    body = (await api.call("GET", api.compute("ci-1"))).json()
    reply = await api.call("PUT", api.compute("ci-1"), body=body)
    assert reply.status_code == 200, reply.text
    assert (await metadata(api, "ci-1"))["currentImageVersion"] == "v1"


async def test_a_list_asks_its_region_once(api: Api) -> None:
    for name in ("ci-1", "ci-2", "ci-3"):
        await on_image(api, name, "v1")
    api.services.images._known.clear()
    world(api).recording = True
    world(api).calls.clear()
    reply = await api.call("GET", f"{api.path}/computes")
    found = [each["properties"]["properties"]["osImageMetadata"] for each in reply.json()["value"]]
    assert [each["currentImageVersion"] for each in found] == ["v1"] * 3
    assert world(api).calls == [("latest_image", IMAGE)]


# --- asking a region ---------------------------------------------------------------------------


class Asked:
    """A region of fake machines, and a clock that its test moves."""

    def __init__(self, api: Api) -> None:
        self.now = api.now
        self.world = FakeWorld(images={IMAGE: "v1"}, recording=True)
        engines: dict[str, Engine] = {"local": FakeEngine("d", world=self.world)}
        self.latest = LatestImages(engines, lambda: self.now)

    async def __call__(self, location: str = "local") -> str | None:
        return await self.latest.of(location, IMAGE)


@pytest.fixture
def asked(api: Api) -> Asked:
    return Asked(api)


async def test_an_answer_is_good_for_a_while_and_no_longer(asked: Asked) -> None:
    assert await asked() == "v1"
    asked.world.images[IMAGE] = "v2"
    asked.now += FRESH - timedelta(seconds=1)
    assert await asked() == "v1"
    asked.now += timedelta(seconds=1)
    assert await asked() == "v2"
    assert len(asked.world.calls) == 2


@pytest.mark.parametrize("error", [Unreachable("it is down"), EngineError("it is odd")])
async def test_a_region_that_fails_keeps_what_it_told_last(
    asked: Asked, error: EngineError
) -> None:
    assert await asked() == "v1"
    asked.now += FRESH
    asked.world.fail_next("latest_image", error)
    assert await asked() == "v1"
    assert await asked() == "v1"
    assert len(asked.world.calls) == 2, "nor is it asked again at once"


async def test_a_region_that_hangs_holds_a_reply_up_only_briefly(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.api.images._PATIENCE_SECONDS", 0.01)
    asked.world.delay("latest_image", 3600)
    assert await asked() is None


async def test_a_region_that_is_not_configured_has_no_newest_image(asked: Asked) -> None:
    assert await asked("elsewhere") is None
