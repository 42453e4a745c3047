"""Machines that carry this deployment's id and have no row.

One is removed only when a finished Delete operation names it: then a person wanted it gone, and
something (a replica that stalled in the middle of a start) made it again. Every other orphan is
reported and left alone: after a database is restored from a backup, a machine that was created
since looks just like this, and somebody's work is on its disk.
"""

from collections.abc import Set as AbstractSet

import structlog

from studiolo import faults
from studiolo.engines.base import Engine, EngineError
from studiolo.store.database import Database

log = structlog.get_logger(__name__)


class Orphans:
    """Removes what was deleted, reports what was not. `reported` is by region, for `doctor`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reported: dict[str, frozenset[str]] = {}

    async def settle(self, location: str, engine: Engine, ids: AbstractSet[str]) -> None:
        """Deal with the orphans of one region."""
        deleted = await self._deleted(ids)
        for machine in sorted(deleted):
            faults.point("orphans.before_delete")
            try:
                await engine.delete(machine)
            except EngineError as error:
                log.warning("orphan not removed", machine=machine, reason=str(error))
            else:
                log.info("orphan of a finished delete removed", machine=machine)
        self._report(location, frozenset(ids) - deleted)

    async def _deleted(self, ids: AbstractSet[str]) -> set[str]:
        if not ids:
            return set()
        async with self._database.reading() as tx:
            return await tx.operations.deleted(list(ids))

    def _report(self, location: str, ids: frozenset[str]) -> None:
        for machine in sorted(ids - self.reported.get(location, frozenset())):
            log.warning(
                "machine without an instance is left alone; remove it by hand if it is not needed",
                machine=machine,
                location=location,
            )
        self.reported[location] = ids
