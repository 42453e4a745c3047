"""Bodies as azure-ai-ml 1.35.2 and az 2.91 put them on the wire, sent again byte for byte."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.arm import GROUP, RESOURCES_VERSION, open_arm

DATA = Path(__file__).parent / "data"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_arm(tmp_path) as api:
        yield api


def recorded(name):
    return json.loads((DATA / name).read_text())


async def test_smallest_instance_is_made(api):
    reply = await api.call("PUT", api.compute("min-ci"), body=recorded("instance-minimal.json"))
    assert reply.status_code == 201, reply.text
    assert reply.headers["retry-after"] == "1"
    assert reply.json()["properties"]["properties"]["state"] == "Creating"


async def test_instance_with_everything_is_refused_with_each_reason_and_leaves_nothing(api):
    before = await api.dump()
    reply = await api.call("PUT", api.compute("full-ci"), body=recorded("instance-full.json"))
    assert reply.status_code == 400
    named = {each["target"].rpartition(".")[2] for each in reply.json()["error"]["details"]}
    assert {"setupScripts", "customServices"} <= named
    assert await api.dump() == before


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/subscriptions/{s}/resourcegroups/rg1", "2024-11-01"),
        ("/subscriptions/{s}/providers/Microsoft.MachineLearningServices", "2024-11-01"),
        ("/subscriptions/{s}/resources", "2024-11-01"),
        ("{group}/providers/Microsoft.MachineLearningServices/workspaces/ws1", "2025-12-01"),
        ("{group}/providers/microsoft.machinelearningservices/WORKSPACES/WS1", "2021-03-01"),
    ],
)
async def test_what_az_asks_is_answered_whatever_the_case_and_version(api, path, version):
    subscription = GROUP.split("/")[2]
    reply = await api.call("GET", path.format(s=subscription, group=GROUP), version=version)
    assert reply.status_code == 200, reply.text


async def test_azs_list_of_a_groups_resources_is_answered(api):
    params = {
        "$filter": "resourceGroup eq 'rg1'",
        "$expand": "createdTime,changedTime,provisioningState",
    }
    path = f"{GROUP.rpartition('/resourceGroups')[0]}/resources"
    reply = await api.call("GET", path, params=params, version=RESOURCES_VERSION)
    (found,) = reply.json()["value"]
    assert {"createdTime", "changedTime", "provisioningState"} <= found.keys()
