# ruff: noqa: S101 - these are tests, shipped so that engines elsewhere can be held to them
"""What an engine is held to whose machines are spread over several hosts.

Used as :mod:`studiolo.engines.conformance`; the harness's engine has two hosts or more, all of
which take machines when a test begins.
"""

import asyncio
import time

from studiolo.engines.base import Engine, Host, Hosts, Permanent, Temporary
from studiolo.engines.conformance import (
    PATIENCE_SECONDS,
    Harness,
    new_spec,
    raises,
    until,
    well,
)


def _hosts(engine: Engine) -> Hosts:
    assert isinstance(engine, Hosts)
    return engine


async def _by_name(engine: Engine) -> dict[str, Host]:
    return {each.name: each for each in await _hosts(engine).hosts()}


async def _left(engine: Engine, name: str) -> None:
    """Move on until nothing is on the host."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (await _by_name(engine))[name].machines:
        assert time.monotonic() < deadline, f"machines stay on {name}"
        try:
            await _hosts(engine).move_on()
        except Temporary as error:
            await asyncio.sleep(error.delay)


class HostConformance:
    """An engine of several hosts."""

    async def test_every_machine_is_counted_on_one_host_with_what_it_may_use(
        self, harness: Harness
    ) -> None:
        """What it may use goes to no other, and is taken back with it."""
        engine, spec = harness.engine(), new_spec()
        before = await _by_name(engine)
        await engine.ensure(spec)
        after = await _by_name(engine)
        (on,) = [each for each in after if after[each].machines > before[each].machines]
        assert after[on].used_vcpus - before[on].used_vcpus == spec.resources.vcpus
        assert after[on].used_mib - before[on].used_mib == spec.resources.memory_mib
        assert (after[on].vcpus or 0) > 0
        assert (after[on].memory_mib or 0) > 0
        await engine.delete(spec.id)
        assert (await _by_name(engine))[on].machines == before[on].machines

    async def test_an_emptied_host_is_left_by_what_runs_on_it_which_runs_again_with_its_home(
        self, harness: Harness
    ) -> None:
        """Another control plane finds the mark, and a host that was filled has nothing to move."""
        engine, spec = harness.engine(), new_spec()
        before = await _by_name(engine)
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        await harness.write_home(spec.id, "kept", b"kept")
        after = await _by_name(engine)
        (on,) = [each for each in after if after[each].machines > before[each].machines]
        await _hosts(engine).empty_host(on)
        await _hosts(engine).empty_host(on)
        marked = (await _by_name(engine))[on]
        assert (marked.open, marked.emptied, marked.answers) == (False, True, True)
        await _left(harness.engine(), on)
        assert (await until(engine, spec.id, well)).generation == spec.generation
        assert await harness.read_home(spec.id, "kept") == b"kept"
        await _hosts(engine).fill_host(on)
        await _hosts(engine).fill_host(on)
        back = (await _by_name(engine))[on]
        assert (back.open, back.emptied, back.machines) == (True, False, 0)
        assert await _hosts(engine).move_on() == 0
        await engine.delete(spec.id)

    async def test_a_host_that_is_not_there_can_be_neither_emptied_nor_filled(
        self, harness: Harness
    ) -> None:
        """Nothing changes."""
        engine = harness.engine()
        before = await _by_name(engine)
        assert await raises(_hosts(engine).empty_host("nowhere"), Permanent)
        assert await raises(_hosts(engine).fill_host("nowhere"), Permanent)
        assert await _by_name(engine) == before
