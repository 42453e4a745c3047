"""Networks that carry this deployment's id and whose subnet is gone: removed, once they are empty.

Unlike a machine, a network holds nobody's work: where its subnet comes back (a database restored
from a backup), the next machine that starts in it makes it anew.
"""

import structlog

from studiolo import faults
from studiolo.engines.base import Engine, EngineError, Networks
from studiolo.store.database import Database

log = structlog.get_logger(__name__)


async def remove_strays(database: Database, location: str, engine: Engine) -> None:
    """Remove a region's networks that are no subnet's."""
    if not isinstance(engine, Networks):
        return
    try:
        # First the networks, then the rows: a network that was just made has a row by then.
        there = await engine.list_networks()
    except EngineError as error:
        log.warning("networks not listed", location=location, reason=str(error))
        return
    if not there:
        return
    async with database.reading() as tx:
        wanted = {each.id for each in await tx.networks.subnets_in(location)}
    for network in sorted(there - wanted):
        await _remove(engine, network)


async def _remove(engine: Networks, network: str) -> None:
    faults.point("networks.before_remove")
    try:
        await engine.remove_network(network)
    except EngineError as error:
        log.info("network not removed yet", network=network, reason=str(error))
    else:
        log.info("network of a removed subnet removed", network=network)
