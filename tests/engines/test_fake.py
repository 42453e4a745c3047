"""The fake can be slow, can fail, and is cheap."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from studiolo.domain.machine import Presence
from studiolo.engines.base import Permanent, Temporary, Unreachable
from studiolo.engines.conformance import DEPLOYMENT, new_spec
from studiolo.engines.fake import FakeEngine, FakeWorld


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_agents_take_their_time_by_the_injected_clock():
    clock = Clock()
    engine = FakeEngine(DEPLOYMENT, world=FakeWorld(boot=timedelta(seconds=5)), clock=clock)
    spec = new_spec()
    await engine.ensure(spec)
    assert (await engine.observe(spec.id)).healthy is False
    clock.now += timedelta(seconds=5)
    assert (await engine.observe(spec.id)).healthy is True


async def test_failures_are_raised_in_order_and_change_nothing():
    engine, spec = FakeEngine(DEPLOYMENT), new_spec()
    engine.world.fail_next("ensure", Temporary("busy"), Permanent("no such image"))
    for error in (Temporary, Permanent):
        with pytest.raises(error):
            await engine.ensure(spec)
        assert (await engine.observe(spec.id)).presence is Presence.ABSENT
    engine.world.fail_next("list_owned", Unreachable("gone"))
    with pytest.raises(Unreachable):
        await engine.list_owned()
    await engine.ensure(spec)
    assert set(await engine.list_owned()) == {spec.id}


async def test_latency_is_waited_for_as_told():
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    engine = FakeEngine(DEPLOYMENT, sleep=sleep)
    engine.world.delay("ensure", 1.5)
    await engine.ensure(new_spec())
    await engine.health()
    assert waited == [1.5]


async def test_a_fault_is_seen_until_ensure():
    engine, spec = FakeEngine(DEPLOYMENT), new_spec()
    await engine.ensure(spec)
    engine.world.machines[spec.id].fault = "the disk is gone"
    seen = await engine.observe(spec.id)
    assert (seen.presence, seen.reason) == (Presence.BROKEN, "the disk is gone")
    await engine.ensure(spec)
    assert (await engine.observe(spec.id)).healthy


async def test_a_guest_that_powers_itself_off_is_stopped():
    engine, spec = FakeEngine(DEPLOYMENT), new_spec()
    await engine.ensure(spec)
    engine.world.power_off(spec.id)
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED


async def test_ten_thousand_machines_are_cheap():
    engine = FakeEngine(DEPLOYMENT)
    began = time.process_time()
    for _ in range(10_000):
        await engine.ensure(new_spec())
    assert len(await engine.list_owned()) == 10_000
    assert time.process_time() - began < 5


async def test_a_machine_stays_on_its_image_when_there_is_a_newer_one():
    engine, spec = FakeEngine(DEPLOYMENT), new_spec()
    await engine.ensure(spec)
    engine.world.images[spec.image] = "fake-2"
    assert await engine.latest_image(spec.image) == "fake-2"
    assert (await engine.observe(spec.id)).image == "fake-1"
