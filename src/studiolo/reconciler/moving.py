"""Lets machines leave hosts that are wanted empty, while everything else goes on."""

import asyncio

import structlog

from studiolo.engines.base import Engine, EngineError, Hosts, Stuck, Unmoved, Unreachable

log = structlog.get_logger(__name__)


async def move_on(engine: Engine, location: str) -> tuple[Stuck, ...]:
    """Move what must move; waits for ever where nothing can.

    The engine's marks say what is wanted, so a process that dies here is followed by the next.

    :returns: machines that stay where they are for now.
    """
    if not isinstance(engine, Hosts):
        await asyncio.get_running_loop().create_future()
        return ()
    try:
        count = await engine.move_on()
    except Unreachable:
        # Sweeps tell of that; what must move is found when it is back.
        log.debug("a region does not answer, so nothing moves", region=location)
    except Unmoved as error:
        log.warning("machines stay where they are for now", region=location, reason=str(error))
        return error.stuck
    except EngineError as error:
        log.warning("machines stay where they are for now", region=location, reason=str(error))
    else:
        if count:
            log.info("machines moved", region=location, machines=count)
    return ()
