"""Killed inside a deployment or a delete: either nothing of it is stored, or all of it."""

from pathlib import Path

import pytest
from tests.support.api import SUBSCRIPTION, a_body
from tests.support.arm import GROUP, open_arm
from tests.support.dying import after_death

from studiolo import faults
from studiolo.store.database import Database

TEMPLATE = {
    "contentVersion": "1.0.0.0",
    "resources": [
        {
            "type": "Microsoft.MachineLearningServices/workspaces",
            "apiVersion": "2024-04-01",
            "name": "vision",
            "location": "local",
            "properties": {},
        },
        {
            "type": "Microsoft.MachineLearningServices/workspaces/computes",
            "name": "vision/deployed-ci",
            "apiVersion": "2024-04-01",
        }
        | a_body(),
    ],
}


async def ask(home: Path, verb: str, when: str) -> None:
    async with open_arm(home) as api:
        await api.running("ci-1")
        faults.arm(f"api.{verb}.{when}")
        if verb == "deploy":
            path = f"{GROUP}/providers/Microsoft.Resources/deployments/dep1"
            body = {"properties": {"mode": "Incremental", "template": TEMPLATE}}
            await api.call("PUT", path, body=body)
        else:
            await api.call("DELETE", GROUP if verb == "group_delete" else api.path)


@pytest.mark.parametrize("when", ["before_commit", "committed"])
@pytest.mark.parametrize("verb", ["deploy", "workspace_delete", "group_delete"])
async def test_a_request_is_all_or_nothing(tmp_path: Path, verb: str, when: str) -> None:
    async with after_death(ask, tmp_path, verb, when) as database:
        assert await stored(database, verb) is (when == "committed")


async def stored(database: Database, verb: str) -> bool:
    """Whether everything the request asks for is stored; fails if only a part is."""
    async with database.reading() as tx:
        group = await tx.groups.get(SUBSCRIPTION, "rg1")
        workspace = await tx.workspaces.get(SUBSCRIPTION, "rg1", "ws1")
        assert group is not None
        assert workspace is not None
        if verb == "deploy":
            deployment = await tx.deployments.get(SUBSCRIPTION, "rg1", "dep1")
            made = await tx.workspaces.get(SUBSCRIPTION, "rg1", "vision")
            compute = await tx.computes.by_name("local", "deployed-ci")
            used = {each.family: each.used for each in await tx.quota.usage("local")}
            facts = {deployment is not None, made is not None, compute is not None, used["*"] == 8}
        elif verb == "workspace_delete":
            facts = {workspace.deleting, bool(await tx.operations.open_for(workspace.id))}
        else:
            facts = {workspace.deleting, bool(await tx.operations.open_for(group.id))}
    assert len(facts) == 1
    return facts.pop()
