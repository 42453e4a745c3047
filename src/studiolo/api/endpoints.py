"""Where the agents of machines are, as their engines say or last said."""

import asyncio
from collections.abc import Mapping

from studiolo.domain.machine import Endpoint
from studiolo.domain.resources import Compute
from studiolo.engines.base import Engine, EngineError, Unreachable

_ANSWER_SECONDS = 4.0
"""How long an engine is waited for: a request to an instance is held meanwhile."""


class Endpoints:
    """Remembers what each engine last said, for when it does not answer.

    Machines outlive their engine's daemon, and an instance keeps its address for as long as it
    lives: what is open goes on, and a person may open more. Kept in memory only.

    :param engines: one per region, by location.
    """

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = engines
        self._known: dict[str, Endpoint] = {}

    async def of(self, compute: Compute) -> Endpoint | None:
        """The agent of an instance; None where nothing runs, or its region is not configured.

        :raises EngineError: the engine does not say, and has not said before.
        """
        engine = self._engines.get(compute.location)
        if engine is None:
            return None
        try:
            return self._remember(compute.id, await _asked(engine, compute))
        except EngineError:
            if (known := self._known.get(compute.id)) is None:
                raise
            return known

    def _remember(self, machine: str, found: Endpoint | None) -> Endpoint | None:
        self._known.pop(machine, None)
        if found is not None:
            self._known[machine] = found
        return found


async def _asked(engine: Engine, compute: Compute) -> Endpoint | None:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await engine.endpoint(compute.id)
    except TimeoutError:
        raise Unreachable(
            f"The engine of region '{compute.location}' did not answer within "
            f"{_ANSWER_SECONDS:.0f} seconds."
        ) from None
