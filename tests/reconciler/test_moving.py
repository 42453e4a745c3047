"""Machines leave hosts that are wanted empty, and what keeps one is told and tried again."""

import asyncio

import pytest

from studiolo.engines.base import Temporary
from studiolo.engines.conformance import new_spec
from studiolo.engines.fake import FakeEngine, FakeWorld
from studiolo.engines.fake_hosts import FakeCluster, FakeHost
from studiolo.reconciler.moving import move_on
from tests.support.reconciling import DEPLOYMENT


class SpreadEngine(FakeEngine):
    """An engine whose machines wait for `troubles` to be over, one try each."""

    def __init__(self, troubles=0):
        super().__init__(DEPLOYMENT)
        self.tries, self.troubles = 0, troubles

    async def hosts(self):
        return ()

    async def empty_host(self, name):
        pass

    async def fill_host(self, name):
        pass

    async def move_on(self):
        self.tries += 1
        if self.tries <= self.troubles:
            raise Temporary("No member of the cluster takes machines.")
        return 1


async def test_an_engine_with_hosts_is_told_to_move_on():
    engine = SpreadEngine()
    assert await move_on(engine, "lab") == ()
    assert engine.tries == 1


async def test_what_keeps_a_machine_is_no_reason_to_give_up():
    engine = SpreadEngine(troubles=1)
    await move_on(engine, "lab")
    await move_on(engine, "lab")
    assert engine.tries == 2


async def test_machines_that_stay_are_told_with_the_reason():
    engine = FakeEngine(DEPLOYMENT, world=FakeWorld(cluster=FakeCluster({"m1": FakeHost()})))
    spec = new_spec(deployment=DEPLOYMENT)
    await engine.ensure(spec)
    await engine.hosts()
    await engine.empty_host("m1")
    (stuck,) = await move_on(engine, "local")
    assert (stuck.machine, stuck.host) == (spec.id, "m1")
    assert str(stuck.error) == "No member of the cluster takes machines."


async def test_an_engine_that_knows_no_hosts_is_never_asked():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await move_on(object(), "local")
