"""Restarting children, with a clock that only the test moves."""

import asyncio

import pytest

from studiolo.launcher.supervisor import (
    FIRST_DELAY,
    LONGEST_DELAY,
    STEADY_SECONDS,
    ChildError,
    Supervisor,
)


class Child:
    name = "child"

    def __init__(self) -> None:
        self.lives = True
        self.starts = 0
        self.fails = 0

    def alive(self) -> bool:
        return self.lives

    async def start(self) -> None:
        if self.fails:
            self.fails -= 1
            raise ChildError("no port")
        self.starts += 1
        self.lives = True

    async def end(self) -> None:
        self.lives = False


class World:
    def __init__(self) -> None:
        self.now = 100.0
        self.child = Child()
        self.told: list[str] = []
        self.supervisor = Supervisor([self.child], self.told.append, lambda: self.now)

    async def pass_time(self, seconds: float) -> None:
        self.now += seconds
        await self.supervisor.look()


@pytest.fixture
def world() -> World:
    return World()


async def test_living_child_is_left_alone(world):
    await world.pass_time(1000)
    assert (world.child.starts, world.told) == (0, [])


async def test_dead_child_is_started_after_a_delay_and_that_is_told(world):
    world.child.lives = False
    await world.pass_time(0)
    assert world.child.starts == 0
    await world.pass_time(FIRST_DELAY)
    assert world.child.starts == 1
    assert "ended" in world.told[0]
    assert "runs again" in world.told[1]


async def test_child_that_keeps_dying_is_started_later_and_later(world):
    delays = []
    for _ in range(10):
        world.child.lives = False
        await world.pass_time(0)
        waited = 0.0
        starts = world.child.starts
        while world.child.starts == starts:
            await world.pass_time(0.5)
            waited += 0.5
        delays.append(waited)
    assert delays == sorted(delays)
    assert delays[0] == FIRST_DELAY
    assert delays[-1] == LONGEST_DELAY


async def test_child_that_was_steady_begins_with_the_first_delay_again(world):
    for _ in range(4):
        world.child.lives = False
        await world.pass_time(0)
        await world.pass_time(LONGEST_DELAY)
    await world.pass_time(STEADY_SECONDS + 1)
    world.child.lives = False
    await world.pass_time(0)
    await world.pass_time(FIRST_DELAY)
    assert world.child.starts == 5


async def test_start_that_fails_is_tried_again_and_its_reason_told(world):
    world.child.lives, world.child.fails = False, 2
    await world.pass_time(0)
    for _ in range(20):
        await world.pass_time(1)
    assert world.child.starts == 1
    assert any("no port" in line for line in world.told)


async def test_watch_ends_when_it_is_told_to(world):
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(5):
        await world.supervisor.watch(stop)
