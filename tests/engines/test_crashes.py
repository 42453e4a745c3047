"""Killed at any of its steps, the engine leaves what the next one finishes or removes."""

import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.support.images import image_store

from studiolo.domain.machine import Presence
from studiolo.engines.conformance import new_spec, until, well

REPOSITORY = Path(__file__).parents[2]
CREATE = [f"process.create.{step}" for step in ("directory", "spec", "home", "env")]
START = ["process.start.spawned", "process.start.recorded"]
STOP = ["process.stop.signalled", "process.stop.killed"]
DELETE = ["process.delete.renamed", "process.delete.removed"]


async def die(place, spec, verb, fault):
    """Run `verb` in a process that dies at `fault`; fails unless it died just there."""
    order = place.root / "order.json"
    order.write_text(
        json.dumps(
            {
                "root": str(place.root),
                "images": str(image_store().path("ml").parents[1]),
                "agent_command": place.agent_command,
                "spec": asdict(spec),
                "verb": verb,
                "fault": fault,
            }
        )
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.support.engine_driver", str(order)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("fault", CREATE + START)
async def test_an_ensure_that_was_killed_is_finished_by_the_next(place, fault):
    spec = new_spec()
    await die(place, spec, "ensure", fault)
    running = place.processes(spec.id)
    assert bool(running) == (fault in START)

    engine = place.engine()
    await engine.list_owned()
    await engine.observe(spec.id)
    await engine.ensure(spec)
    seen = await until(engine, spec.id, well)
    assert seen.generation == 1
    assert seen.reason is None
    assert seen.started_at is not None
    agent = place.agent(spec.id)
    assert [p.pid for p in running] in ([], [agent.pid])
    assert not list(place.machines.glob(".new-*"))


@pytest.mark.parametrize("fault", CREATE + START)
async def test_a_delete_removes_what_a_killed_ensure_left(place, fault):
    spec = new_spec()
    await die(place, spec, "ensure", fault)
    await place.engine().delete(spec.id)
    assert place.traces(spec.id) == []


@pytest.mark.parametrize("fault", START)
async def test_an_agent_that_nobody_recorded_is_seen_and_stopped(place, fault):
    spec = new_spec()
    await die(place, spec, "ensure", fault)
    engine = place.engine()
    seen = await until(engine, spec.id, well)
    assert (seen.presence, seen.generation) == (Presence.RUNNING, 1)
    await engine.stop(spec.id, grace=5)
    assert place.processes(spec.id) == []
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED


@pytest.mark.parametrize("fault", STOP)
async def test_a_stop_that_was_killed_is_finished_by_the_next(place, fault):
    engine, spec = place.engine(), new_spec()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    await die(place, spec, "stop", fault)
    await engine.stop(spec.id, grace=5)
    seen = await engine.observe(spec.id)
    assert (seen.presence, seen.generation) == (Presence.STOPPED, 1)
    assert place.processes(spec.id) == []


@pytest.mark.parametrize("fault", DELETE)
@pytest.mark.parametrize("follower", ["delete", "list_owned", "ensure"])
async def test_a_delete_that_was_killed_is_finished_by_whatever_comes_next(place, fault, follower):
    engine, spec = place.engine(), new_spec()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    await place.write_home(spec.id, "old.txt", b"old")
    await die(place, spec, "delete", fault)
    assert (await engine.observe(spec.id)).presence is Presence.ABSENT
    if follower == "list_owned":
        assert spec.id not in await engine.list_owned()
        assert not list(place.machines.glob(f"*{spec.id}*"))
    elif follower == "ensure":
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        assert await place.read_home(spec.id, "old.txt") is None
        assert not list(place.machines.glob(".trash-*"))
    await engine.delete(spec.id)
    assert place.traces(spec.id) == []
