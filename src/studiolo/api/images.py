"""Which image is the newest in each region, for replies that compare an instance's with it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from studiolo.clock import Clock
from studiolo.engines.base import Engine, EngineError, ImageCatalogue

FRESH = timedelta(seconds=10)
"""How long an answer is good for: lists and polls ask for every reply, images are built rarely."""

_PATIENCE_SECONDS = 1.0
"""A region that does not answer must not hold up what is known without it."""


class LatestImages:
    """Asks each region at most once in a while.

    :param engines: one per region, by location.
    """

    def __init__(self, engines: Mapping[str, Engine], clock: Clock) -> None:
        self._engines = engines
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[datetime, str | None]] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def of(self, location: str, name: str) -> str | None:
        """Version of the newest image `name` in a region; None where that is not known.

        A region that does not answer keeps the version it told last.
        """
        key = location, name
        async with self._locks.setdefault(key, asyncio.Lock()):
            asked, version = self._known.get(key, (None, None))
            now = self._clock()
            if asked is None or now - asked >= FRESH:
                version = await self._ask(location, name, version)
                self._known[key] = now, version
        return version

    async def _ask(self, location: str, name: str, before: str | None) -> str | None:
        engine = self._engines.get(location)
        if not isinstance(engine, ImageCatalogue):
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await engine.latest_image(name)
        except (EngineError, TimeoutError):
            return before
