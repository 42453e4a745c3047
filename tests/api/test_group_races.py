"""Groups, workspaces and deployments, many at once, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import Api, a_body
from tests.support.arm import GROUP, PROVIDER, open_arm, settle

DEPLOYMENTS = f"{GROUP}/providers/Microsoft.Resources/deployments"


@pytest.fixture
async def crowd(tmp_path: Path, database_url: str) -> AsyncIterator[Api]:
    async with open_arm(tmp_path, database_url) as api:
        yield api


async def test_one_group_and_one_workspace_are_created_once(crowd):
    for path in (GROUP.replace("rg1", "rg2"), f"{GROUP}/{PROVIDER}/vision"):
        body = {"location": "local"}
        replies = await asyncio.gather(*(crowd.call("PUT", path, body=body) for _ in range(10)))
        assert sorted(reply.status_code for reply in replies) == [200] * 9 + [201]


async def test_one_deployment_is_made_by_one_of_many(crowd):
    resource = {
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "apiVersion": "2024-04-01",
        "name": "ws1/alice-ci",
    } | a_body()
    template = {"contentVersion": "1.0.0.0", "resources": [resource]}
    body = {"properties": {"mode": "Incremental", "template": template}}
    replies = await asyncio.gather(
        *(crowd.call("PUT", f"{DEPLOYMENTS}/dep1", body=body) for _ in range(8))
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    async with crowd.services.database.reading() as tx:
        usage = {each.family: each.used for each in await tx.quota.usage("local")}
    assert usage["*"] == 4


async def test_no_workspace_is_left_in_a_group_that_went_away_at_that_moment(crowd):
    paths = [f"{GROUP}/{PROVIDER}/ws-{number}" for number in range(8)]
    *made, deleted = await asyncio.gather(
        *(crowd.call("PUT", path, body={"location": "local"}) for path in paths),
        crowd.call("DELETE", GROUP),
    )
    while deleted.status_code == 409:
        deleted = await crowd.call("DELETE", GROUP)
    assert deleted.status_code == 202
    assert {reply.status_code for reply in made} <= {201, 404, 409}
    await settle(crowd)
    assert (await crowd.call("GET", deleted.headers["location"], version=None)).status_code == 200
    async with crowd.services.database.reading() as tx:
        subscription = crowd.workspace.subscription
        assert await tx.groups.get(subscription, "rg1") is None
        assert await tx.workspaces.page_subscription(subscription, None, 99) == []
