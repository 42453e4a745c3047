"""Keeps children alive: starts the one that died again, later and later while it keeps dying."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

POLL_SECONDS = 0.2
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
STEADY_SECONDS = 60.0
"""After so long without dying a child's delay begins anew."""


class ChildError(Exception):
    """A child could not be started; `str(error)` says why and what to do."""


class Child(Protocol):
    """A process that must run."""

    @property
    def name(self) -> str:
        """For messages, for example "gateway"."""

    def alive(self) -> bool:
        """Whether it runs."""

    async def start(self) -> None:
        """Start it, or adopt the one that runs, and wait until it answers.

        :raises ChildError: it does not.
        """

    async def end(self) -> None:
        """End it and wait until it is gone."""


@dataclass
class _Care:
    """What is known of one child between two looks.

    :param due: when it is to be started again; None while it runs.
    """

    child: Child
    started: float
    delay: float = FIRST_DELAY
    due: float | None = None


class Supervisor:
    """Looks after children that run already.

    :param tell: receives a sentence about each death and restart.
    :param clock: seconds that only go forward.
    """

    def __init__(
        self,
        children: Sequence[Child],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._cares = [_Care(child, clock()) for child in children]

    async def look(self) -> None:
        """Notice who died, and start whoever is due."""
        now = self._clock()
        for care in self._cares:
            if care.due is None:
                self._notice(care, now)
            elif now >= care.due:
                await self._start(care, now)

    def _notice(self, care: _Care, now: float) -> None:
        if care.child.alive():
            return
        if now - care.started > STEADY_SECONDS:
            care.delay = FIRST_DELAY
        self._again(care, now, "ended")

    def _again(self, care: _Care, now: float, what: str) -> None:
        self._tell(f"The {care.child.name} {what}; starting it again in {care.delay:g} s.")
        care.due = now + care.delay
        care.delay = min(care.delay * 2, LONGEST_DELAY)

    async def _start(self, care: _Care, now: float) -> None:
        try:
            await care.child.start()
        except ChildError as error:
            self._again(care, now, f"could not be started ({error})")
        else:
            care.due, care.started = None, now
            self._tell(f"The {care.child.name} runs again.")

    async def watch(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop` is set."""
        while not stop.is_set():
            await self.look()
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
