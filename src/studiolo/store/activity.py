"""The activity log: lines are added, never changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.resources import ActivityEntry
from studiolo.store.tables.base import table_of
from studiolo.store.tables.workspace import ActivityRow


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands in the log: when it was written, and its number."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Matching:
    """Which lines are asked for, wherever they stand; None for any.

    :param since: the earliest instant.
    :param until: the latest.
    :param caller: name or id of who did it, in any case.
    :param status: in any case.
    """

    since: datetime | None = None
    until: datetime | None = None
    caller: str | None = None
    status: str | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What a row must meet."""
        if self.since is not None:
            yield ActivityRow.at >= self.since
        if self.until is not None:
            yield ActivityRow.at <= self.until
        if self.caller is not None:
            named = func.lower(ActivityRow.principal_name) == self.caller.lower()
            yield or_(named, ActivityRow.principal == self.caller.lower())
        if self.status is not None:
            yield func.lower(ActivityRow.status) == self.status.lower()


ANYTHING = Matching()


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
        self,
        scopes: str | Sequence[str],
        before: Place | None,
        limit: int,
        matching: Matching = ANYTHING,
    ) -> list[tuple[Place, ActivityEntry]]:
        """The newest lines at any of these scopes or below, newest first, older than a place.

        :param scopes: one or several; the empty one stands for everything.
        """
        anywhere = [scopes] if isinstance(scopes, str) else scopes
        query = select(ActivityRow).where(
            or_(*(_at_or_below(scope) for scope in anywhere)), *matching.conditions()
        )
        if before is not None:
            here = tuple_(ActivityRow.at, ActivityRow.id)
            query = query.where(here < (before.at, before.number))
        newest = (ActivityRow.at.desc(), ActivityRow.id.desc())
        rows = await self._session.scalars(query.order_by(*newest).limit(limit))
        return [(Place(row.at, row.id), _entry_of(row)) for row in rows]


def _at_or_below(scope: str) -> ColumnElement[bool]:
    folded = scope.rstrip("/").lower()
    if not folded:
        return true()
    below = ActivityRow.scope_folded.startswith(folded + "/", autoescape=True)
    return or_(ActivityRow.scope_folded == folded, below)


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
