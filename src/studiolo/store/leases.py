"""The reconciler's claims on compute instances.

A claim is a token with an end. Whoever holds it renews it while working and names it in every
write, so that a replica which stalled past its end, and was replaced, has its write dropped.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.resources import Compute
from studiolo.store.computes import (
    COMPUTES,
    compute_of,
    joined_where,
    note_written,
    written_columns,
)
from studiolo.store.rows import changed
from studiolo.store.tables.compute import ComputeRow


class Leases:
    """Claim, renew, settle."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(
        self, *, now: datetime, until: datetime, token: str, limit: int, locations: Sequence[str]
    ) -> list[tuple[Compute, int]]:
        """Claim up to `limit` due instances, longest due first.

        :returns: each instance with the number of attempts since its last progress.
        """
        due = (
            select(COMPUTES.c.id)
            .where(COMPUTES.c.due_at <= now, _free(now), COMPUTES.c.location.in_(locations))
            .order_by(COMPUTES.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list((await self._session.scalars(due)).all())
        if not ids:
            return []
        # The condition is repeated: SQLite has no row locks, and PostgreSQL may have waited.
        await self._session.execute(
            update(COMPUTES)
            .where(COMPUTES.c.id.in_(ids), _free(now))
            .values(lease_token=token, lease_until=until)
        )
        rows = await self._session.execute(joined_where(ids).where(ComputeRow.lease_token == token))
        return [(compute_of(row), row.attempts) for row in rows]

    async def renew(self, ids: Sequence[str], *, token: str, until: datetime) -> set[str]:
        """Put the end of these claims off; returns the ids still held."""
        held = ComputeRow.id.in_(ids) & (ComputeRow.lease_token == token)
        await self._session.execute(update(ComputeRow).where(held).values(lease_until=until))
        return set((await self._session.scalars(select(ComputeRow.id).where(held))).all())

    async def settle(
        self,
        compute: Compute,
        *,
        token: str,
        if_etag: str,
        due_at: datetime | None,
        attempts: int,
    ) -> bool:
        """Write what came of the work and release the claim.

        False, with nothing written, when the claim is lost or the instance was changed meanwhile
        (a person asked for something else). In the second case the claim is still held: call
        :meth:`release`.
        """
        written = await self._session.execute(
            update(COMPUTES)
            .where(
                COMPUTES.c.id == compute.id,
                COMPUTES.c.lease_token == token,
                COMPUTES.c.etag == if_etag,
            )
            .values(
                **written_columns(compute),
                due_at=due_at,
                attempts=attempts,
                lease_token=None,
                lease_until=None,
            )
        )
        note_written(self._session)
        return changed(written)

    async def release(self, compute_id: str, *, token: str) -> bool:
        """Give the claim back and leave the rest as it is, due as it was."""
        written = await self._session.execute(
            update(COMPUTES)
            .where(COMPUTES.c.id == compute_id, COMPUTES.c.lease_token == token)
            .values(lease_token=None, lease_until=None)
        )
        return changed(written)

    async def remove(self, compute_id: str, *, token: str, if_etag: str) -> bool:
        """Remove an instance that is gone, under the same guards as :meth:`settle`."""
        gone = await self._session.execute(
            delete(ComputeRow).where(
                ComputeRow.id == compute_id,
                ComputeRow.lease_token == token,
                ComputeRow.etag == if_etag,
            )
        )
        note_written(self._session)
        return changed(gone)

    async def release_all(self, locations: Sequence[str]) -> None:
        """Give back every claim in these regions, for a process that knows itself to be alone."""
        await self._session.execute(
            update(ComputeRow)
            .where(ComputeRow.location.in_(locations), ComputeRow.lease_token.is_not(None))
            .values(lease_token=None, lease_until=None)
        )

    async def wake(self, ids: Sequence[str], *, now: datetime) -> None:
        """Make these instances due now, unless they are due already."""
        for start in range(0, len(ids), _CHUNK):
            later = or_(ComputeRow.due_at.is_(None), ComputeRow.due_at > now)
            await self._session.execute(
                update(ComputeRow)
                .where(ComputeRow.id.in_(ids[start : start + _CHUNK]), later)
                .values(due_at=now)
            )

    async def next_due(self, locations: Sequence[str]) -> datetime | None:
        """When the earliest instance is due, claimed or not; None if none is."""
        query = (
            select(ComputeRow.due_at)
            .where(ComputeRow.due_at.is_not(None), ComputeRow.location.in_(locations))
            .order_by(ComputeRow.due_at)
            .limit(1)
        )
        return (await self._session.scalars(query)).first()


def _free(now: datetime) -> ColumnElement[bool]:
    """Nobody holds a claim, or nobody any more."""
    return or_(COMPUTES.c.lease_until.is_(None), COMPUTES.c.lease_until < now)


_CHUNK = 500
"""Ids in one statement; SQLite allows 32,766 parameters, older ones 999."""
