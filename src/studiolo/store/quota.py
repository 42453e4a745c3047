"""Quota: a conditional update reserves, so that parallel creates never over-grant."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.quota import TOTAL, QuotaHolder, QuotaUsage, exceeded
from studiolo.store.rows import changed
from studiolo.store.tables.base import table_of
from studiolo.store.tables.compute import ComputeRow
from studiolo.store.tables.quota import QuotaHoldRow, QuotaUsageRow
from studiolo.store.tables.workspace import WorkspaceRow

_USAGE = table_of(QuotaUsageRow)


class Quota:
    """Counters and holds; both change in the transaction of the compute they belong to."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def reserve(
        self, compute: str, location: str, family: str, vcpus: int, limits: Mapping[str, int]
    ) -> None:
        """Reserve `vcpus` for `compute` in its family and in the regional total.

        :param limits: limits for counters that do not exist yet, by family (`*` for the total).
        :raises QuotaExceeded: either has no room; the transaction must then be rolled back.
        """
        # Always in this order, so that parallel reservations cannot deadlock.
        for counter in (family, TOTAL):
            await self._grant(location, counter, vcpus, limits[counter])
        await self._session.execute(
            insert(table_of(QuotaHoldRow)).values(
                compute=compute, location=location, family=family, vcpus=vcpus
            )
        )

    async def move(
        self, compute: str, location: str, family: str, vcpus: int, limits: Mapping[str, int]
    ) -> None:
        """Let `compute` hold `vcpus` of `family` in place of what it holds now.

        Only what is more needs room, so that a smaller size is never refused. Parameters and errors
        as :meth:`reserve`'s.
        """
        hold = await self._session.get(QuotaHoldRow, compute, populate_existing=True)
        held = {hold.family: hold.vcpus, TOTAL: hold.vcpus} if hold is not None else {}
        wanted = {family: vcpus, TOTAL: vcpus}
        # Families by name and the total last: the one order of every writer.
        for counter in (*sorted({*held, *wanted} - {TOTAL}), TOTAL):
            more = wanted.get(counter, 0) - held.get(counter, 0)
            await self._shift(location, counter, more, limits)
        await self._session.execute(delete(QuotaHoldRow).where(QuotaHoldRow.compute == compute))
        await self._session.execute(
            insert(table_of(QuotaHoldRow)).values(
                compute=compute, location=location, family=family, vcpus=vcpus
            )
        )

    async def _shift(
        self, location: str, counter: str, more: int, limits: Mapping[str, int]
    ) -> None:
        if more > 0:
            await self._grant(location, counter, more, limits[counter])
        elif more < 0:
            await self._give_back(location, counter, -more)

    async def _grant(self, location: str, counter: str, vcpus: int, limit: int) -> None:
        """Take `vcpus` from a counter, which is made with `limit` if there is none."""
        if not await self._taken(location, counter, vcpus):
            await self._ensure_counter(location, counter, limit)
            await self._take(location, counter, vcpus)

    async def _give_back(self, location: str, counter: str, vcpus: int) -> None:
        await self._session.execute(
            update(QuotaUsageRow)
            .where(QuotaUsageRow.location == location, QuotaUsageRow.family == counter)
            .values(used=QuotaUsageRow.used - vcpus)
        )

    async def release(self, compute: str) -> None:
        """Give back what `compute` holds; nothing if it holds nothing."""
        hold = await self._session.get(QuotaHoldRow, compute)
        if hold is None:
            return
        gone = await self._session.execute(
            delete(QuotaHoldRow).where(QuotaHoldRow.compute == compute)
        )
        if not changed(gone):
            return
        for counter in (hold.family, TOTAL):
            await self._give_back(hold.location, counter, hold.vcpus)

    async def usage(self, location: str) -> list[QuotaUsage]:
        """Every counter of a region that has been used or set."""
        rows = await self._session.scalars(
            select(QuotaUsageRow)
            .where(QuotaUsageRow.location == location)
            .order_by(QuotaUsageRow.family)
        )
        return [QuotaUsage(row.family, row.limit, row.used) for row in rows]

    async def set_limit(self, location: str, family: str, limit: int) -> None:
        """Set a limit; what is granted already stays granted."""
        await self._ensure_counter(location, family, limit)
        await self._session.execute(
            update(QuotaUsageRow)
            .where(QuotaUsageRow.location == location, QuotaUsageRow.family == family)
            .values(limit=limit)
        )

    async def holders(self, location: str, family: str | None = None) -> list[QuotaHolder]:
        """Who holds vCPUs in a region, of one family or of all."""
        query = (
            select(
                ComputeRow.name,
                WorkspaceRow.name.label("workspace"),
                ComputeRow.assigned_name,
                QuotaHoldRow.family,
                QuotaHoldRow.vcpus,
            )
            .join(ComputeRow, ComputeRow.id == QuotaHoldRow.compute)
            .join(WorkspaceRow, WorkspaceRow.id == ComputeRow.workspace)
            .where(QuotaHoldRow.location == location)
        )
        if family is not None and family != TOTAL:
            query = query.where(QuotaHoldRow.family == family)
        return [QuotaHolder(*row) for row in await self._session.execute(query)]

    async def _taken(self, location: str, counter: str, vcpus: int) -> bool:
        """Whether there is a counter with room; then it has been taken."""
        taken = await self._session.execute(
            update(_USAGE)
            .where(
                _USAGE.c.location == location,
                _USAGE.c.family == counter,
                _USAGE.c.used + vcpus <= _USAGE.c.limit,
            )
            .values(used=_USAGE.c.used + vcpus)
        )
        return changed(taken)

    async def _take(self, location: str, counter: str, vcpus: int) -> None:
        if await self._taken(location, counter, vcpus):
            return
        usage = await self._counter(location, counter)
        if usage is None:
            raise LookupError(f"no quota counter {counter} in {location}")
        raise exceeded(location, usage, vcpus, await self.holders(location, counter))

    async def _counter(self, location: str, family: str) -> QuotaUsage | None:
        row = await self._session.get(
            QuotaUsageRow, {"location": location, "family": family}, populate_existing=True
        )
        return QuotaUsage(row.family, row.limit, row.used) if row else None

    async def _ensure_counter(self, location: str, family: str, limit: int) -> None:
        if await self._counter(location, family) is not None:
            return
        try:
            async with self._session.begin_nested():
                await self._session.execute(
                    insert(QuotaUsageRow).values(
                        location=location, family=family, limit=limit, used=0
                    )
                )
        except IntegrityError:
            return  # another transaction made it meanwhile
