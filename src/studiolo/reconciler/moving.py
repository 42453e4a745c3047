"""Lets machines leave hosts that are wanted empty, while everything else goes on."""

import asyncio

import structlog

from studiolo.engines.base import Engine, EngineError, Hosts, Unreachable

log = structlog.get_logger(__name__)


async def move_on(engine: Engine, location: str, pause: float) -> None:
    """Move what must move; then wait for `pause` seconds, or for ever where nothing can move.

    The engine's marks say what is wanted, so a process that dies here is followed by the next.
    """
    if not isinstance(engine, Hosts):
        await asyncio.get_running_loop().create_future()
        return
    try:
        count = await engine.move_on()
    except Unreachable:
        # Sweeps tell of that; what must move is found when it is back.
        log.debug("a region does not answer, so nothing moves", region=location)
    except EngineError as error:
        log.warning("machines stay where they are for now", region=location, reason=str(error))
    else:
        if count:
            log.info("machines moved", region=location, machines=count)
    await asyncio.sleep(pause)
