# ruff: noqa: S101 - these are tests, shipped so that engines elsewhere can be held to them
"""The suite that every engine passes.

A test module subclasses :class:`EngineConformance` and provides a pytest fixture `harness`; pytest
runs with `asyncio_mode = "auto"`. Nothing here imports pytest, so that the module can be shipped.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from studiolo.domain.machine import MachineSpec, Observation, Presence, Resources
from studiolo.engines.base import Engine, EngineError, ImageCatalogue, Temporary

DEPLOYMENT = f"conformance-{secrets.token_hex(4)}"
"""Of this run alone, so that two runs on one host leave each other's machines in peace."""

ANOTHER = f"{DEPLOYMENT}-another"
PATIENCE_SECONDS = 30.0


class Harness(Protocol):
    """What the suite needs beside the contract."""

    def engine(self, deployment: str = DEPLOYMENT) -> Engine:
        """A new engine object over the same machines as every other of this harness."""

    async def freeze(self, machine_id: str) -> None:
        """Make everything in the machine deaf: it answers nothing and heeds no request."""

    async def write_home(self, machine_id: str, name: str, data: bytes) -> None:
        """Put a file into the machine's home directory."""

    async def read_home(self, machine_id: str, name: str) -> bytes | None:
        """Read it again; None if it is not there."""

    def traces(self, machine_id: str) -> list[str]:
        """Whatever there is of the machine: processes, folders, sockets."""


def new_spec(generation: int = 1, *, deployment: str = DEPLOYMENT) -> MachineSpec:
    """A small machine with an id of its own."""
    return MachineSpec(
        id=f"ci-{secrets.token_hex(8)}",
        deployment=deployment,
        name="conformance-ci",
        workspace="ws",
        resource_group="rg",
        share="ws-0123456789abcdef",
        alias="alice",
        resources=Resources(vcpus=1, memory_mib=2048),
        generation=generation,
        agent_token=secrets.token_urlsafe(16),
    )


async def until(
    engine: Engine,
    machine_id: str,
    wanted: Callable[[Observation], bool],
    *,
    seconds: float = PATIENCE_SECONDS,
) -> Observation:
    """Observe until `wanted` holds.

    :raises AssertionError: it does not within `seconds`; says what was seen last.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = await engine.observe(machine_id)
        if wanted(seen):
            return seen
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {seen}"
        await asyncio.sleep(0.02)


def well(seen: Observation) -> bool:
    """Whether the machine runs and its agent answers."""
    return seen.presence is Presence.RUNNING and seen.healthy is True


async def raises(call: object, kind: type[EngineError]) -> bool:
    """Whether awaiting `call` raises `kind`."""
    try:
        await call  # type: ignore[misc]
    except kind:
        return True
    return False


class EngineConformance:
    """Subclass in a test module that has a `harness` fixture."""

    async def test_absent_is_fine_for_every_verb(self, harness: Harness) -> None:
        """Observing, stopping, deleting and addressing nothing are no errors."""
        engine, machine_id = harness.engine(), new_spec().id
        assert (await engine.observe(machine_id)).presence is Presence.ABSENT
        await engine.stop(machine_id, grace=1)
        await engine.delete(machine_id)
        assert await engine.endpoint(machine_id) is None
        assert machine_id not in await engine.list_owned()
        assert harness.traces(machine_id) == []

    async def test_ensure_makes_a_machine_that_runs_with_the_generation_asked_for(
        self, harness: Harness
    ) -> None:
        """The first ensure makes and starts it."""
        engine, spec = harness.engine(), new_spec(generation=3)
        await engine.ensure(spec)
        seen = await until(engine, spec.id, well)
        assert seen.generation == 3
        assert seen.started_at is not None
        await engine.delete(spec.id)

    async def test_ensure_repeated_changes_nothing(self, harness: Harness) -> None:
        """The same machine goes on running."""
        engine, spec = harness.engine(), new_spec()
        await engine.ensure(spec)
        first = await until(engine, spec.id, well)
        await engine.ensure(spec)
        assert await until(engine, spec.id, well) == first
        await engine.delete(spec.id)

    async def test_stop_twice_leaves_a_stopped_machine(self, harness: Harness) -> None:
        """The second stop is silent, and the last generation is remembered."""
        engine, spec = harness.engine(), new_spec(generation=2)
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        for _ in range(2):
            await engine.stop(spec.id, grace=5)
            seen = await engine.observe(spec.id)
            assert (seen.presence, seen.generation) == (Presence.STOPPED, 2)
            assert await engine.endpoint(spec.id) is None
        await engine.delete(spec.id)

    async def test_delete_twice_leaves_nothing(self, harness: Harness) -> None:
        """No process, folder or socket remains, and the second delete is silent."""
        engine, spec = harness.engine(), new_spec()
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        for _ in range(2):
            await engine.delete(spec.id)
            assert (await engine.observe(spec.id)).presence is Presence.ABSENT
            assert spec.id not in await engine.list_owned()
            assert harness.traces(spec.id) == []

    async def test_another_generation_needs_a_stop_first(self, harness: Harness) -> None:
        """A running machine is never turned into another start of itself unasked."""
        engine, spec = harness.engine(), new_spec()
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        second = replace(spec, generation=2)
        assert await raises(engine.ensure(second), Temporary)
        assert (await engine.observe(spec.id)).generation == 1
        await engine.stop(spec.id, grace=5)
        await engine.ensure(second)
        assert (await until(engine, spec.id, well)).generation == 2
        await engine.delete(spec.id)

    async def test_list_owned_tells_only_of_this_deployment(self, harness: Harness) -> None:
        """Two deployments over the same place see their own machines, stopped ones too."""
        ours, theirs = harness.engine(), harness.engine(ANOTHER)
        mine, other = new_spec(), new_spec(deployment=ANOTHER)
        await ours.ensure(mine)
        await theirs.ensure(other)
        await ours.stop(mine.id, grace=0)
        assert set(await ours.list_owned()) == {mine.id}
        assert set(await theirs.list_owned()) == {other.id}
        assert (await ours.observe(other.id)).presence is Presence.ABSENT
        assert await raises(ours.delete(other.id), EngineError)
        assert (await theirs.observe(other.id)).presence is Presence.RUNNING
        await ours.delete(mine.id)
        await theirs.delete(other.id)

    async def test_ensure_refuses_a_machine_of_another_deployment(self, harness: Harness) -> None:
        """A spec that names another deployment is a mistake, not an order."""
        spec = new_spec(deployment=ANOTHER)
        assert await raises(harness.engine().ensure(spec), EngineError)
        assert harness.traces(spec.id) == []

    async def test_ensures_at_once_make_one_machine(self, harness: Harness) -> None:
        """Whatever loses the race finds the winner's machine."""
        first, second, spec = harness.engine(), harness.engine(), new_spec()
        await asyncio.gather(*(engine.ensure(spec) for engine in (first, second) * 3))
        await until(first, spec.id, well)
        await second.stop(spec.id, grace=5)
        assert (await first.observe(spec.id)).presence is Presence.STOPPED
        await first.delete(spec.id)
        assert harness.traces(spec.id) == []

    async def test_ensure_and_delete_at_once_leave_a_whole_machine_or_none(
        self, harness: Harness
    ) -> None:
        """In whichever order they come, nothing half-made stays."""
        engine, spec = harness.engine(), new_spec()
        await asyncio.gather(engine.ensure(spec), harness.engine().delete(spec.id))
        if (await engine.observe(spec.id)).presence is not Presence.ABSENT:
            await until(engine, spec.id, well)
        await engine.delete(spec.id)
        assert harness.traces(spec.id) == []

    async def test_a_machine_outlives_the_engine_object(self, harness: Harness) -> None:
        """Nothing that matters is in the engine's memory."""
        first, spec = harness.engine(), new_spec()
        await first.ensure(spec)
        before = await until(first, spec.id, well)
        await first.aclose()
        second = harness.engine()
        assert await until(second, spec.id, well) == before
        assert (await second.list_owned())[spec.id].presence is Presence.RUNNING
        await second.delete(spec.id)

    async def test_home_survives_stop_and_start(self, harness: Harness) -> None:
        """What a person wrote is there after the next start."""
        engine, spec = harness.engine(), new_spec()
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        await harness.write_home(spec.id, "notes.txt", b"kept")
        await engine.stop(spec.id, grace=5)
        assert await harness.read_home(spec.id, "notes.txt") == b"kept"
        await engine.ensure(replace(spec, generation=2))
        await until(engine, spec.id, well)
        assert await harness.read_home(spec.id, "notes.txt") == b"kept"
        await engine.delete(spec.id)

    async def test_stop_needs_no_guest(self, harness: Harness) -> None:
        """A machine that heeds nothing is down when its grace has passed."""
        engine, spec = harness.engine(), new_spec()
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        await harness.freeze(spec.id)
        frozen = await until(engine, spec.id, lambda seen: seen.healthy is False)
        assert frozen.reason
        began = time.monotonic()
        await engine.stop(spec.id, grace=0.5)
        assert time.monotonic() - began < 10
        assert (await engine.observe(spec.id)).presence is Presence.STOPPED
        await engine.delete(spec.id)

    async def test_delete_needs_no_guest(self, harness: Harness) -> None:
        """Nor does removing one."""
        engine, spec = harness.engine(), new_spec()
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        await harness.freeze(spec.id)
        await engine.delete(spec.id)
        assert harness.traces(spec.id) == []

    async def test_a_machine_tells_the_image_it_is_on(self, harness: Harness) -> None:
        """A fresh machine is on the newest image, says so running or stopped, and stays on it."""
        engine, spec = harness.engine(), new_spec()
        assert isinstance(engine, ImageCatalogue)
        await engine.ensure(spec)
        image = (await until(engine, spec.id, well)).image
        assert image
        assert image == await engine.latest_image(spec.image)
        assert (await engine.list_owned())[spec.id].image == image
        await engine.stop(spec.id, grace=5)
        assert (await engine.observe(spec.id)).image == image
        await engine.delete(spec.id)

    async def test_an_image_that_is_not_there_has_no_version(self, harness: Harness) -> None:
        """And asking for it is no error."""
        engine = harness.engine()
        assert isinstance(engine, ImageCatalogue)
        assert await engine.latest_image("no-such-image") is None

    async def test_health_says_what_works_and_what_does_not(self, harness: Harness) -> None:
        """`studiolo doctor` has a line to print."""
        health = await harness.engine().health()
        assert health.ok, health
        assert health.message
