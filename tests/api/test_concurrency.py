"""Many at once, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import Api, open_api

from studiolo.domain.states import Event


@pytest.fixture
async def crowd(tmp_path: Path, database_url: str) -> AsyncIterator[Api]:
    api = await open_api(tmp_path, database_url, total_vcpus=40, family_vcpus=100)
    yield api
    await api.services.database.close()


async def test_quota_is_never_over_granted(crowd: Api) -> None:
    replies = await asyncio.gather(*(crowd.create(f"ci-{number}") for number in range(30)))
    codes = [reply.status_code for reply in replies]
    assert codes.count(201) == 10  # 40 vCPUs of 4 each
    assert codes.count(409) == 20
    rows = (await crowd.call("GET", crowd.location("usages"))).json()["value"]
    assert rows[0]["currentValue"] == 40


async def test_one_name_is_created_once(crowd: Api) -> None:
    replies = await asyncio.gather(*(crowd.create("same") for _ in range(10)))
    assert sorted(reply.status_code for reply in replies) == [200] * 9 + [201]


async def test_requests_in_parallel_settle_on_one(crowd: Api) -> None:
    await crowd.running("ci-1")
    path = crowd.compute("ci-1")
    replies = await asyncio.gather(*(crowd.call("POST", f"{path}/stop") for _ in range(8)))
    assert [reply.status_code for reply in replies] == [202] * 8
    await crowd.move("ci-1", Event.HALTED)
    polls = [reply.headers["azure-asyncoperation"] for reply in replies]
    ends = [(await crowd.call("GET", poll, version=None)).json()["status"] for poll in polls]
    assert ends == ["Succeeded"] * 8
