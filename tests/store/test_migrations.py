"""Migrations and mapped tables agree, and migrating is safe to repeat."""

import asyncio

from studiolo.store import migrations


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
