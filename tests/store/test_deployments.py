"""Deployments in the store, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from studiolo.domain.deployments import DeployedResource, TemplateDeployment, progress_of
from studiolo.domain.errors import Detail
from studiolo.domain.resources import OperationStatus
from tests.support.values import NOW, SUBSCRIPTION, a_stamp, an_operation


def a_deployment(**changes):
    values = {
        "id": "one",
        "subscription": SUBSCRIPTION,
        "resource_group": "team",
        "name": "Dep1",
        "mode": "Incremental",
        "template_hash": "17",
        "parameters": {"a": {"type": "string", "value": "b"}},
        "outputs": {},
        "resources": (DeployedResource("/x/computes/ci", "M.L/w/computes", "ci", "op", True),),
        "correlation": "c",
        "etag": "one",
        "stamp": a_stamp(),
    }
    return TemplateDeployment(**(values | changes))


async def test_deployment_is_kept_whole_and_found_whatever_the_case(database):
    async with database.transaction() as tx:
        await tx.deployments.add(a_deployment())
    async with database.reading() as tx:
        assert await tx.deployments.get(SUBSCRIPTION.upper(), "TEAM", "dep1") == a_deployment()
        assert await tx.deployments.get(SUBSCRIPTION, "team", "other") is None


async def test_name_is_unique_in_its_group(database):
    async with database.transaction() as tx:
        await tx.deployments.add(a_deployment())
        await tx.deployments.add(a_deployment(id="two", resource_group="other"))
    with pytest.raises(IntegrityError):
        async with database.transaction() as tx:
            await tx.deployments.add(a_deployment(id="three", name="DEP1"))


async def test_save_compares_the_etag(database):
    async with database.transaction() as tx:
        await tx.deployments.add(a_deployment())
        newer = replace(a_deployment(), etag="two", outputs={"a": 1})
        assert not await tx.deployments.save(newer, if_etag="zero")
        assert await tx.deployments.save(newer, if_etag="one")
        assert await tx.deployments.get(SUBSCRIPTION, "team", "dep1") == newer


async def test_page_remove_and_remove_group(database):
    async with database.transaction() as tx:
        for name in ("c", "a", "b"):
            await tx.deployments.add(a_deployment(id=name, name=name))
        await tx.deployments.add(a_deployment(id="z", resource_group="other"))
        first = await tx.deployments.page(SUBSCRIPTION, "team", None, 2)
        assert [each.name for each in first] == ["a", "b"]
        rest = await tx.deployments.page(SUBSCRIPTION, "team", "b", 2)
        assert [each.name for each in rest] == ["c"]
        assert await tx.deployments.remove("a")
        assert not await tx.deployments.remove("a")
        await tx.deployments.remove_group(SUBSCRIPTION, "Team")
        assert await tx.deployments.page(SUBSCRIPTION, "team", None, 9) == []
        assert len(await tx.deployments.page(SUBSCRIPTION, "other", None, 9)) == 1


def an_end(status, **changes):
    return an_operation("ci", status=status, ended_at=NOW + timedelta(seconds=1), **changes)


@pytest.mark.parametrize(
    ("operations", "state"),
    [
        ([], "Succeeded"),
        ([None], "Succeeded"),
        ([an_operation("ci")], "Running"),
        ([an_end(OperationStatus.SUCCEEDED), an_operation("ci")], "Running"),
        ([an_end(OperationStatus.FAILED), an_operation("ci")], "Running"),
        ([an_end(OperationStatus.FAILED), None], "Failed"),
        ([an_end(OperationStatus.CANCELED)], "Failed"),
    ],
)
def test_deployment_is_as_far_as_its_resources(operations, state):
    assert progress_of(operations).state == state


def test_failed_deployment_says_which_resource_and_why():
    failed = an_end(OperationStatus.FAILED, error=Detail("NoRoom", "The disk is full."))
    error = progress_of([None, failed]).error
    assert error is not None
    assert "The disk is full." in error.message
    assert failed.scope in error.message
