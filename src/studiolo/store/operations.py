"""Long-running operations."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.errors import Detail
from studiolo.domain.resources import ActivityEntry, Asked, Operation, OperationStatus
from studiolo.store.activity import ActivityLog
from studiolo.store.rows import changed
from studiolo.store.tables.base import table_of
from studiolo.store.tables.compute import OperationRow

_OPERATIONS = table_of(OperationRow)

_LOCK = 0x5B2E8
"""Key of PostgreSQL's advisory lock of whoever begins an operation on a member."""


class Operations:
    """Operations, kept after their resource is gone so that a client learns the end."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, operation: Operation, detail: str = "") -> None:
        """Store a new operation, with its first line in the activity log.

        :param detail: what else that line tells.
        """
        await self._session.execute(insert(_OPERATIONS).values(**_columns(operation)))
        opened = operation.status is OperationStatus.IN_PROGRESS
        status = "Accepted" if opened else operation.status.value
        await self._tell(operation, status, operation.started_at, detail)

    async def get(self, operation_id: str) -> Operation | None:
        """Find by id."""
        row = await self._session.get(OperationRow, operation_id)
        return _operation_of(row) if row else None

    async def open_for(self, resource: str) -> list[Operation]:
        """Operations on a resource that have no end yet, oldest first."""
        rows = await self._session.scalars(
            select(OperationRow)
            .where(
                OperationRow.resource == resource,
                OperationRow.status == OperationStatus.IN_PROGRESS.value,
            )
            .order_by(OperationRow.started_at)
        )
        return [_operation_of(row) for row in rows]

    async def alone(self) -> None:
        """Let nobody else begin an operation on a region's member until this transaction ends.

        Whether another is under way is a question about rows that may not be there yet. SQLite has
        one writer anyway.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            await self._session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    async def open_in(self, location: str, kinds: Collection[str]) -> list[Operation]:
        """A region's operations of some kinds that have no end yet, oldest first."""
        rows = await self._session.scalars(
            select(OperationRow)
            .where(
                OperationRow.location == location,
                OperationRow.kind.in_(kinds),
                OperationRow.status == OperationStatus.IN_PROGRESS.value,
            )
            .order_by(OperationRow.started_at)
        )
        return [_operation_of(row) for row in rows]

    async def last(self, resource: str, *, kind: str) -> Operation | None:
        """The latest operation of a kind on a resource, ended or not."""
        query = (
            select(OperationRow)
            .where(OperationRow.resource == resource, OperationRow.kind == kind)
            .order_by(OperationRow.started_at.desc())
            .limit(1)
        )
        row = (await self._session.scalars(query)).first()
        return _operation_of(row) if row else None

    async def end(
        self,
        operation: Operation,
        status: OperationStatus,
        now: datetime,
        error: Detail | None = None,
    ) -> bool:
        """End an operation that is open, with its line in the activity log; False if it had ended.

        Both are of the caller's transaction: no end goes unrecorded, and none is told twice.
        """
        written = await self._session.execute(
            update(_OPERATIONS)
            .where(
                _OPERATIONS.c.id == operation.id,
                _OPERATIONS.c.status == OperationStatus.IN_PROGRESS.value,
            )
            .values(status=status.value, ended_at=now, error=_error_column(error))
        )
        if not changed(written):
            return False
        await self._tell(operation, status.value, now, error.message if error else "")
        return True

    async def _tell(self, operation: Operation, status: str, at: datetime, detail: str) -> None:
        asked = operation.asked
        if asked is None:
            return
        line = ActivityEntry(
            at=at,
            principal=operation.principal,
            principal_name=asked.caller,
            operation=asked.action,
            scope=operation.scope,
            status=status,
            correlation=asked.correlation,
            detail=detail,
        )
        await ActivityLog(self._session).add(line)

    async def deleted(self, resources: Collection[str]) -> set[str]:
        """Which of these resources a finished Delete operation names."""
        rows = await self._session.scalars(
            select(OperationRow.resource).where(
                OperationRow.resource.in_(resources),
                OperationRow.kind == "Delete",
                OperationRow.status == OperationStatus.SUCCEEDED.value,
            )
        )
        return set(rows)

    async def purge(self, *, ended_before: datetime, keep_kinds: Collection[str] = ()) -> int:
        """Forget operations that ended long ago, but those of `keep_kinds`; returns how many."""
        gone = await self._session.execute(
            delete(OperationRow).where(
                OperationRow.ended_at < ended_before, OperationRow.kind.not_in(keep_kinds)
            )
        )
        return int(getattr(gone, "rowcount", 0))


def _operation_of(row: OperationRow) -> Operation:
    return Operation(
        id=row.id,
        subscription=row.subscription,
        location=row.location,
        resource=row.resource,
        scope=row.scope,
        kind=row.kind,
        status=OperationStatus(row.status),
        principal=row.principal,
        started_at=row.started_at,
        ended_at=row.ended_at,
        error=Detail(**row.error) if row.error else None,
        asked=Asked(**row.asked) if row.asked else None,
    )


def _columns(operation: Operation) -> dict[str, Any]:
    plain = ("id", "subscription", "location", "resource", "scope", "kind", "principal")
    return {name: getattr(operation, name) for name in plain} | {
        "status": operation.status.value,
        "started_at": operation.started_at,
        "ended_at": operation.ended_at,
        "error": _error_column(operation.error),
        "asked": asdict(operation.asked) if operation.asked else None,
    }


def _error_column(error: Detail | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"code": error.code, "message": error.message, "target": error.target}
