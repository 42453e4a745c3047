"""Wakes instances whose machines an engine says something has happened to."""

import asyncio
from collections.abc import Callable

import structlog

from studiolo.clock import Clock
from studiolo.engines.base import Engine, EngineError, HintSource
from studiolo.store.database import Database

log = structlog.get_logger(__name__)

_AGAIN = 5.0
"""Seconds until an engine that tells nothing is asked again; sweeps find everything meanwhile."""


class Listening:
    """Listens to every engine that tells of changes.

    :param woken: called after an instance was woken.
    """

    def __init__(self, database: Database, *, clock: Clock, woken: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._woken = woken

    async def listen(self, engine: Engine) -> None:
        """Wake what the engine tells of, for as long as it tells."""
        if not isinstance(engine, HintSource):
            await asyncio.get_running_loop().create_future()
            return
        try:
            async for machine in engine.changed():
                async with self._database.transaction() as tx:
                    await tx.leases.wake([machine], now=self._clock())
                self._woken()
        except EngineError as error:
            log.debug("an engine tells nothing for now", reason=str(error))
        await asyncio.sleep(_AGAIN)
