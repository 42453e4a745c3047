"""The activity log: lines are added, never changed."""

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.resources import ActivityEntry
from studiolo.store.tables.base import table_of
from studiolo.store.tables.workspace import ActivityRow


class ActivityLog:
    """Who did what, when, to which scope."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, entry: ActivityEntry) -> None:
        """Append a line."""
        await self._session.execute(
            insert(table_of(ActivityRow)).values(
                at=entry.at,
                principal=entry.principal,
                principal_name=entry.principal_name,
                operation=entry.operation,
                scope=entry.scope,
                scope_folded=entry.scope.lower(),
                status=entry.status,
                correlation=entry.correlation,
                detail=entry.detail,
            )
        )

    async def page(
        self, scope: str, before: int | None, limit: int
    ) -> list[tuple[int, ActivityEntry]]:
        """Lines at `scope` or below, newest first, older than line number `before`."""
        folded = scope.rstrip("/").lower()
        query = select(ActivityRow)
        if folded:
            below = ActivityRow.scope_folded.startswith(folded + "/", autoescape=True)
            query = query.where(or_(ActivityRow.scope_folded == folded, below))
        if before is not None:
            query = query.where(ActivityRow.id < before)
        rows = await self._session.scalars(query.order_by(ActivityRow.id.desc()).limit(limit))
        return [(row.id, _entry_of(row)) for row in rows]


def _entry_of(row: ActivityRow) -> ActivityEntry:
    return ActivityEntry(
        at=row.at,
        principal=row.principal,
        principal_name=row.principal_name,
        operation=row.operation,
        scope=row.scope,
        status=row.status,
        correlation=row.correlation,
        detail=row.detail,
    )
