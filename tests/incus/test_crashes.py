"""Killed at any of its steps, the Incus engine leaves what the next one finishes or removes."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.incus.test_cluster import MOVE
from tests.support.towns import new_subnet

from studiolo.domain.machine import Presence, Recipe, Step
from studiolo.engines.conformance import new_spec, until, well

REPOSITORY = Path(__file__).parents[2]
MAKING = ("incus.loop.made.home", "incus.made", "incus.marked", "incus.starting", "incus.started")
STARTING = ("incus.configured", "incus.starting", "incus.started")
SNAPSHOT = ("incus.snapshot.home", "incus.snapshot.made")
RESTORE = ("incus.restore.home", "incus.restore.done", "incus.configured")
CLONE = ("incus.clone.home", "incus.made", "incus.marked")
DELETE = ("incus.delete.container", "incus.delete.disks")
NETWORK = ("incus.network.rules", "incus.network.made")
VOLUMES = ("incus.disk.made.home", "incus.made")
PASSED = {*MAKING, *STARTING, "incus.stop.asked", *SNAPSHOT, *RESTORE, *CLONE, *DELETE, *VOLUMES}
PASSED |= {*NETWORK, "incus.network.removed", *MOVE}


async def die(region, spec, verb, fault):
    """Run `verb` in a process that dies at `fault`; fails unless it died just there."""
    order = region.root / "order.json"
    order.write_text(
        json.dumps(
            {
                "root": str(region.root),
                "loops": region.config.loops is not None,
                "spec": asdict(spec),
                "verb": verb,
                "fault": fault,
            }
        )
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.support.incus_driver", str(order)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


async def running(engine, **changes):
    spec = replace(new_spec(), **changes)
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    return spec


def test_every_point_of_the_engine_is_killed_at_here():
    source = Path(__file__).parents[2] / "src/studiolo/engines/incus"
    called = re.compile(r"\bpoint\(\s*f?\"(incus\.[^\"]+)\"")
    named = {each for path in source.rglob("*.py") for each in called.findall(path.read_text())}
    patterns = [re.compile(re.sub(r"\\{[^}]*\\}", ".+", re.escape(each))) for each in named]
    assert named
    missed = [p.pattern for p in patterns if not any(map(p.fullmatch, PASSED))]
    assert missed == []


@pytest.mark.parametrize("fault", MAKING)
async def test_a_create_that_was_killed_is_finished_by_the_next(region, fault):
    engine, spec = region.engine(), new_spec()
    await die(region, spec, "ensure", fault)
    await engine.list_owned()
    await engine.ensure(spec)
    seen = await until(engine, spec.id, well)
    assert (seen.generation, seen.reason) == (1, None)
    assert len(await engine.list_owned()) == 1


@pytest.mark.parametrize("fault", MAKING)
async def test_a_delete_removes_what_a_killed_create_left(region, fault):
    engine, spec = region.engine(), new_spec()
    await die(region, spec, "ensure", fault)
    assert spec.id in await engine.list_owned()
    await engine.delete(spec.id)
    assert region.traces(spec.id) == []


@pytest.mark.parametrize("fault", VOLUMES)
async def test_a_create_with_a_volume_that_was_killed_is_found_and_finished(volumes_region, fault):
    engine, spec = volumes_region.engine(), new_spec()
    await die(volumes_region, spec, "ensure", fault)
    assert spec.id in await engine.list_owned()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    await engine.delete(spec.id)
    assert volumes_region.traces(spec.id) == []


async def test_a_start_that_was_killed_is_finished_by_the_next(region):
    engine = region.engine()
    spec = await running(engine)
    for fault in STARTING:
        await engine.stop(spec.id, grace=5)
        spec = replace(spec, generation=spec.generation + 1)
        await die(region, spec, "ensure", fault)
        await engine.ensure(spec)
        assert (await until(engine, spec.id, well)).generation == spec.generation


async def test_a_stop_that_was_killed_is_finished_by_the_next(region):
    engine = region.engine()
    spec = await running(engine)
    await die(region, spec, "stop", "incus.stop.asked")
    await engine.stop(spec.id, grace=5)
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED


@pytest.mark.parametrize("fault", DELETE)
async def test_a_delete_that_was_killed_is_finished_by_the_next(region, fault):
    engine = region.engine()
    spec = await running(engine)
    await die(region, spec, "delete", fault)
    await engine.delete(spec.id)
    assert region.traces(spec.id) == []
    assert (await engine.observe(spec.id)).presence is Presence.ABSENT


@pytest.mark.parametrize("fault", SNAPSHOT)
async def test_a_snapshot_that_was_killed_halts_nobody_for_long_and_is_finished(region, fault):
    engine = region.engine()
    spec = await running(engine)
    await region.write_home(spec.id, "notes.txt", b"early")
    await die(region, spec, "snapshot", fault)
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    await engine.snapshot(spec.id, "kept")
    assert [each.name for each in await engine.snapshots(spec.id)] == ["kept"]


@pytest.mark.parametrize("fault", RESTORE)
async def test_a_restore_that_was_killed_is_finished_by_the_next(region, fault):
    engine = region.engine()
    spec = await running(engine)
    await region.write_home(spec.id, "notes.txt", b"early")
    await engine.snapshot(spec.id, "kept")
    await region.write_home(spec.id, "notes.txt", b"late")
    await engine.stop(spec.id, grace=5)
    back = replace(spec, generation=2, recipe=Recipe(Step.RESTORE, "kept"))
    await die(region, back, "ensure", fault)
    await engine.ensure(back)
    assert (await until(engine, spec.id, well)).generation == 2
    assert await region.read_home(spec.id, "notes.txt") == b"early"


@pytest.mark.parametrize("fault", CLONE)
async def test_a_clone_that_was_killed_is_finished_by_the_next(region, fault):
    engine = region.engine()
    source = await running(engine)
    await region.write_home(source.id, "notes.txt", b"mine")
    copy = replace(new_spec(), recipe=Recipe(Step.CLONE, source.id))
    await die(region, copy, "ensure", fault)
    await engine.ensure(source)
    await engine.ensure(copy)
    await until(engine, copy.id, well)
    await until(engine, source.id, well)
    assert await region.read_home(copy.id, "notes.txt") == b"mine"
    await engine.stop(copy.id, grace=5)
    await engine.ensure(replace(copy, generation=2))
    await until(engine, copy.id, well)
    assert await engine.snapshots(source.id) == ()


@pytest.mark.parametrize("fault", NETWORK)
async def test_a_network_whose_making_was_killed_is_listed_and_finished_or_removed(region, fault):
    engine, spec = region.engine(), replace(new_spec(), subnet=new_subnet())
    network = spec.subnet.id
    await die(region, spec, "ensure_network", fault)
    assert await engine.list_networks() == {network}
    await engine.ensure_network(spec.subnet)
    assert await engine.daemon.find(f"/networks/{network}") is not None
    await die(region, spec, "remove_network", "incus.network.removed")
    assert await engine.list_networks() == {network}
    await engine.remove_network(network)
    assert await engine.list_networks() == frozenset()
