"""Cutting a person's open streams when one of their rights, sessions or tokens ends."""

import asyncio
import contextlib
from typing import Protocol

import structlog

from studiolo.api.gate import machine_of
from studiolo.api.services import Services
from studiolo.gateway.backend import Machine

CLOSING_SECONDS = 1.0

_log = structlog.get_logger("studiolo.api")


class Cuts(Protocol):
    """What :class:`studiolo.gateway.streams.Revoker` does."""

    async def revoke(self, machine: Machine) -> None:
        """Cut the machine's streams; whoever still has a right reconnects."""


class StreamCutter:
    """Listens to :class:`studiolo.api.identity.endings.Endings`.

    It cuts the streams of every instance that the person can open, since nobody knows whose stream
    is whose. JupyterLab reconnects by itself, if the gate lets it.
    """

    def __init__(self, services: Services, revoker: Cuts) -> None:
        self._services = services
        self._revoker = revoker
        self._running: set[asyncio.Task[None]] = set()

    def right_ended(self, principal_id: str) -> None:
        """Begin to cut; returns at once."""
        task = asyncio.create_task(self._cut(principal_id), name="cut-streams")
        self._running.add(task)
        task.add_done_callback(self._finished)

    async def settled(self) -> None:
        """Wait for what has begun."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def aclose(self) -> None:
        """Let what has begun cut once: the second cut is for decisions that end with this process.

        Lasts :data:`CLOSING_SECONDS` at most.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.settled(), CLOSING_SECONDS)

    async def _cut(self, principal_id: str) -> None:
        async with self._services.database.reading() as tx:
            computes = await tx.computes.opened_by(principal_id)
        machines = await asyncio.gather(*(machine_of(self._services, each) for each in computes))
        await asyncio.gather(*(self._revoker.revoke(machine) for machine in machines))

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("streams.not_cut", exc_info=error)
