# ruff: noqa: S101 - these are tests, shipped so that engines elsewhere can be held to them
"""What an engine is held to that keeps states of machines, follows recipes, or resizes.

Used as :mod:`studiolo.engines.conformance`: a test module subclasses what its engine is capable of
and provides the fixture `harness`.
"""

from dataclasses import replace

from studiolo.domain.machine import MachineSpec, Presence, Recipe, Resources, Step
from studiolo.engines.base import (
    Engine,
    EngineError,
    ImageCatalogue,
    OnlineResize,
    Permanent,
    Recipes,
    SizedDisks,
    Snapshots,
)
from studiolo.engines.conformance import Harness, new_spec, raises, until, well


async def running(engine: Engine, spec: MachineSpec) -> None:
    """Make the machine and wait until it is well."""
    await engine.ensure(spec)
    await until(engine, spec.id, well)


async def next_start(
    engine: Engine, spec: MachineSpec, recipe: Recipe | None = None
) -> MachineSpec:
    """Stop the machine and start its next generation, by way of `recipe`."""
    await engine.stop(spec.id, grace=5)
    after = replace(spec, generation=spec.generation + 1, recipe=recipe)
    await running(engine, after)
    return after


def _snapshots(engine: Engine) -> Snapshots:
    assert isinstance(engine, Snapshots)
    return engine


def _can(engine: Engine, step: Step) -> bool:
    return isinstance(engine, Recipes) and step in engine.steps


class SnapshotConformance:
    """An engine that keeps states, and goes back to them and copies them."""

    async def test_an_absent_machine_has_no_snapshots(self, harness: Harness) -> None:
        """Listing and forgetting nothing are no errors; keeping nothing is."""
        engine, machine_id = harness.engine(), new_spec().id
        keeper = _snapshots(engine)
        assert await keeper.snapshots(machine_id) == ()
        await keeper.remove_snapshot(machine_id, "friday")
        assert await raises(keeper.snapshot(machine_id, "friday"), EngineError)
        assert harness.traces(machine_id) == []

    async def test_snapshots_are_listed_oldest_first_until_they_are_removed(
        self, harness: Harness
    ) -> None:
        """Repeating either changes nothing, and the machine goes on running."""
        engine, spec = harness.engine(), new_spec()
        keeper = _snapshots(engine)
        await running(engine, spec)
        for name in ("second", "first", "second"):
            await keeper.snapshot(spec.id, name)
        assert [each.name for each in await keeper.snapshots(spec.id)] == ["second", "first"]
        assert (await until(engine, spec.id, well)).generation == spec.generation
        for _ in range(2):
            await keeper.remove_snapshot(spec.id, "second")
        assert [each.name for each in await keeper.snapshots(spec.id)] == ["first"]
        await engine.delete(spec.id)
        assert harness.traces(spec.id) == []

    async def test_a_restore_brings_back_what_was_kept(self, harness: Harness) -> None:
        """Once: later starts, and a repeated ensure, leave what was written since."""
        engine, spec = harness.engine(), new_spec()
        assert _can(engine, Step.RESTORE)
        await running(engine, spec)
        await harness.write_home(spec.id, "notes.txt", b"kept")
        await _snapshots(engine).snapshot(spec.id, "friday")
        await harness.write_home(spec.id, "notes.txt", b"spoilt")
        spec = await next_start(engine, spec, Recipe(Step.RESTORE, "friday"))
        assert await harness.read_home(spec.id, "notes.txt") == b"kept"
        await harness.write_home(spec.id, "notes.txt", b"new")
        await engine.ensure(spec)
        spec = await next_start(engine, spec)
        assert await harness.read_home(spec.id, "notes.txt") == b"new"
        assert [each.name for each in await _snapshots(engine).snapshots(spec.id)] == ["friday"]
        await engine.delete(spec.id)

    async def test_a_snapshot_of_a_stopped_machine_can_be_restored(self, harness: Harness) -> None:
        """Which a machine need not have run for."""
        engine, spec = harness.engine(), new_spec()
        await running(engine, spec)
        await harness.write_home(spec.id, "notes.txt", b"kept")
        await engine.stop(spec.id, grace=5)
        await _snapshots(engine).snapshot(spec.id, "cold")
        spec = await next_start(engine, spec)
        await harness.write_home(spec.id, "notes.txt", b"spoilt")
        spec = await next_start(engine, spec, Recipe(Step.RESTORE, "cold"))
        assert await harness.read_home(spec.id, "notes.txt") == b"kept"
        await engine.delete(spec.id)

    async def test_a_snapshot_that_is_not_there_is_not_restored(self, harness: Harness) -> None:
        """The machine keeps what it has, and starts without it."""
        engine, spec = harness.engine(), new_spec()
        await running(engine, spec)
        await harness.write_home(spec.id, "notes.txt", b"kept")
        await engine.stop(spec.id, grace=5)
        back = replace(spec, generation=2, recipe=Recipe(Step.RESTORE, "nothing"))
        assert await raises(engine.ensure(back), Permanent)
        await running(engine, replace(spec, generation=3))
        assert await harness.read_home(spec.id, "notes.txt") == b"kept"
        await engine.delete(spec.id)

    async def test_a_restore_of_a_removed_machine_makes_no_empty_one(
        self, harness: Harness
    ) -> None:
        """Its snapshots went with it."""
        engine, spec = harness.engine(), new_spec()
        back = replace(spec, recipe=Recipe(Step.RESTORE, "friday"))
        assert await raises(engine.ensure(back), Permanent)
        assert (await engine.observe(spec.id)).presence is Presence.ABSENT

    async def test_a_clone_has_the_home_of_its_source_and_goes_its_own_way(
        self, harness: Harness
    ) -> None:
        """Of a source that runs and of one that is stopped, which is left as it was."""
        engine, spec = harness.engine(), new_spec()
        assert _can(engine, Step.CLONE)
        await running(engine, spec)
        await harness.write_home(spec.id, "notes.txt", b"kept")
        for stop in (False, True):
            if stop:
                await engine.stop(spec.id, grace=5)
            clone = replace(new_spec(), recipe=Recipe(Step.CLONE, spec.id))
            await running(engine, clone)
            assert await harness.read_home(clone.id, "notes.txt") == b"kept"
            await harness.write_home(clone.id, "notes.txt", b"its own")
            assert await harness.read_home(spec.id, "notes.txt") == b"kept"
            assert await _snapshots(engine).snapshots(spec.id) == ()
            assert ((await engine.observe(spec.id)).presence is Presence.STOPPED) == stop
            await engine.delete(clone.id)
            assert harness.traces(clone.id) == []
        await engine.delete(spec.id)

    async def test_a_clone_of_nothing_is_refused(self, harness: Harness) -> None:
        """And nothing is left of it."""
        engine, clone = harness.engine(), new_spec()
        of_nothing = replace(clone, recipe=Recipe(Step.CLONE, new_spec().id))
        assert await raises(engine.ensure(of_nothing), Permanent)
        await engine.delete(clone.id)
        assert harness.traces(clone.id) == []


class ReimageConformance:
    """An engine that can put a machine on the newest image."""

    async def test_a_reimage_keeps_the_home_and_takes_the_newest_image(
        self, harness: Harness
    ) -> None:
        """The machine starts with the generation asked for; later starts do it no more."""
        engine, spec = harness.engine(), new_spec()
        assert _can(engine, Step.REIMAGE)
        assert isinstance(engine, ImageCatalogue)
        await running(engine, spec)
        await harness.write_home(spec.id, "notes.txt", b"kept")
        spec = await next_start(engine, spec, Recipe(Step.REIMAGE))
        seen = await until(engine, spec.id, well)
        assert (seen.generation, seen.image) == (2, await engine.latest_image(spec.image))
        assert await harness.read_home(spec.id, "notes.txt") == b"kept"
        await engine.ensure(spec)
        assert await until(engine, spec.id, well) == seen
        await engine.delete(spec.id)
        assert harness.traces(spec.id) == []


class ResizeConformance:
    """An engine that gives running machines other resources."""

    async def test_a_running_machine_is_adapted_without_a_stop(self, harness: Harness) -> None:
        """It has the new generation and started when it did."""
        engine, spec = harness.engine(), new_spec()
        assert isinstance(engine, OnlineResize)
        await running(engine, spec)
        before = await until(engine, spec.id, well)
        larger = replace(spec, generation=2, resources=Resources(vcpus=2, memory_mib=3072))
        for _ in range(2):
            assert await engine.adapt(larger)
        after = await until(engine, spec.id, well)
        assert (after.generation, after.started_at) == (2, before.started_at)
        await engine.ensure(larger)
        await engine.delete(spec.id)

    async def test_a_machine_that_does_not_run_is_not_adapted(self, harness: Harness) -> None:
        """Nor made: its next start applies what it is given."""
        engine, spec = harness.engine(), new_spec()
        assert isinstance(engine, OnlineResize)
        assert not await engine.adapt(spec)
        assert harness.traces(spec.id) == []
        await running(engine, spec)
        await engine.stop(spec.id, grace=5)
        assert not await engine.adapt(replace(spec, generation=2))
        assert (await engine.observe(spec.id)).presence is Presence.STOPPED
        await engine.delete(spec.id)

    async def test_a_machine_has_disks_of_a_size(self, harness: Harness) -> None:
        """Where an instance says nothing."""
        engine = harness.engine()
        assert isinstance(engine, SizedDisks)
        assert engine.disk_sizes.home_gib > 0
        assert engine.disk_sizes.root_gib > 0
