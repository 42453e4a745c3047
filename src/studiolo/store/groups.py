"""Resource groups."""

from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.resources import OperationStatus, ResourceGroup
from studiolo.store.rows import changed, stamp_columns, stamp_of
from studiolo.store.tables.compute import OperationRow
from studiolo.store.tables.workspace import ResourceGroupRow


class Groups:
    """Resource groups by name; writes compare the ETag."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, group: ResourceGroup) -> None:
        """Store a new resource group.

        :raises sqlalchemy.exc.IntegrityError: the name is taken in its subscription.
        """
        await self._session.execute(insert(ResourceGroupRow).values(**_columns(group)))

    async def get(self, subscription: str, name: str) -> ResourceGroup | None:
        """Find by name."""
        query = select(ResourceGroupRow).where(
            ResourceGroupRow.subscription == subscription.lower(),
            ResourceGroupRow.name_folded == name.lower(),
        )
        row = (await self._session.scalars(query)).one_or_none()
        return _group_of(row) if row else None

    async def page(self, subscription: str, after: str | None, limit: int) -> list[ResourceGroup]:
        """Up to `limit` groups, ordered by name, after the name `after`."""
        query = select(ResourceGroupRow).where(
            ResourceGroupRow.subscription == subscription.lower()
        )
        if after is not None:
            query = query.where(ResourceGroupRow.name_folded > after.lower())
        rows = await self._session.scalars(
            query.order_by(ResourceGroupRow.name_folded).limit(limit)
        )
        return [_group_of(row) for row in rows]

    async def being_deleted(self) -> list[ResourceGroup]:
        """Groups that an open Delete operation names."""
        named = select(OperationRow.resource).where(
            OperationRow.kind == "Delete",
            OperationRow.status == OperationStatus.IN_PROGRESS.value,
        )
        rows = await self._session.scalars(
            select(ResourceGroupRow).where(ResourceGroupRow.id.in_(named))
        )
        return [_group_of(row) for row in rows]

    async def save(self, group: ResourceGroup, *, if_etag: str) -> bool:
        """Write the group if its ETag is still `if_etag`."""
        written = await self._session.execute(
            update(ResourceGroupRow)
            .where(ResourceGroupRow.id == group.id, ResourceGroupRow.etag == if_etag)
            .values(**_columns(group))
        )
        return changed(written)

    async def remove(self, group_id: str) -> bool:
        """Remove the row; False if it was gone."""
        gone = await self._session.execute(
            delete(ResourceGroupRow).where(ResourceGroupRow.id == group_id)
        )
        return changed(gone)


def _group_of(row: ResourceGroupRow) -> ResourceGroup:
    return ResourceGroup(
        id=row.id,
        subscription=row.subscription,
        name=row.name,
        location=row.location,
        tags=row.tags,
        etag=row.etag,
        stamp=stamp_of(row),
    )


def _columns(group: ResourceGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "subscription": group.subscription.lower(),
        "name": group.name,
        "name_folded": group.name.lower(),
        "location": group.location,
        "tags": dict(group.tags),
        "etag": group.etag,
        **stamp_columns(group.stamp),
    }
