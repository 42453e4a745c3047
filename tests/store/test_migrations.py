"""Migrations and mapped tables agree, and migrating is safe to repeat."""

import asyncio

from alembic import command
from sqlalchemy import text

from studiolo.store import migrations
from tests.support.values import NOW, a_compute, a_workspace


async def test_migrated_tables_are_exactly_the_mapped_ones(empty_database):
    await migrations.upgrade(empty_database)
    assert await migrations.differences(empty_database) == []


async def test_an_empty_database_is_not_current_and_a_migrated_one_is(empty_database):
    assert not await migrations.is_current(empty_database)
    await migrations.upgrade(empty_database)
    assert await migrations.is_current(empty_database)


async def test_two_replicas_that_start_together_migrate_once(empty_database):
    await asyncio.gather(*(migrations.upgrade(empty_database) for _ in range(3)))
    assert await migrations.is_current(empty_database)


async def test_migrating_again_keeps_what_is_stored(empty_database):
    await migrations.upgrade(empty_database)
    async with empty_database.transaction() as tx:
        assert await tx.facts.set_once("deployment", "one") == "one"
    await migrations.upgrade(empty_database)
    async with empty_database.transaction() as tx:
        assert await tx.facts.set_once("deployment", "two") == "one"


async def test_instances_of_an_older_version_are_due_once_so_that_their_image_is_noted(
    empty_database,
):
    await migrations.upgrade(empty_database)
    workspace = a_workspace()
    compute = a_compute(workspace)
    async with empty_database.transaction() as tx:
        await tx.workspaces.add(workspace)
        await tx.computes.add(compute, due_at=NOW)
    async with empty_database.engine.begin() as connection:
        await connection.execute(text("UPDATE computes SET due_at = NULL"))
        await connection.run_sync(
            lambda sync: command.downgrade(migrations.config(sync), "0002"),
        )
    await migrations.upgrade(empty_database)
    async with empty_database.transaction() as tx:
        assert await tx.computes.by_id(compute.id) == compute
        assert await tx.leases.next_due(["local"]) == compute.state_since
