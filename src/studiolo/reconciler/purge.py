"""Forgets what nobody can ask for any more."""

from datetime import timedelta

from studiolo.clock import Clock
from studiolo.store.database import Database

_FAILURES_KEPT = timedelta(days=1)
"""How long a failed sign-in counts against a name or address."""


async def purge(database: Database, clock: Clock, keep_days: int) -> int:
    """Remove expired sessions, links and tickets, and operations that ended long ago.

    Finished deletes are kept: they are the proof on which an orphan is removed, see orphans.py.

    :returns: how many operations were forgotten.
    """
    now = clock()
    async with database.transaction() as tx:
        await tx.credentials.prune(now, now - _FAILURES_KEPT)
        return await tx.operations.purge(
            ended_before=now - timedelta(days=keep_days), keep_kinds=("Delete",)
        )
