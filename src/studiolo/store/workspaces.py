"""Workspaces."""

from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.resources import Workspace
from studiolo.store.rows import changed, stamp_columns, stamp_of
from studiolo.store.tables.workspace import WorkspaceRow


class Workspaces:
    """Workspaces by name and id; writes compare the ETag."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, workspace: Workspace) -> None:
        """Store a new workspace.

        :raises sqlalchemy.exc.IntegrityError: the name is taken in its resource group.
        """
        await self._session.execute(insert(WorkspaceRow).values(**_columns(workspace)))

    async def get(self, subscription: str, group: str, name: str) -> Workspace | None:
        """Find by names."""
        return await self._one(
            select(WorkspaceRow).where(
                WorkspaceRow.subscription == subscription.lower(),
                WorkspaceRow.group_folded == group.lower(),
                WorkspaceRow.name_folded == name.lower(),
            )
        )

    async def by_id(self, workspace_id: str) -> Workspace | None:
        """Find by id."""
        return await self._one(select(WorkspaceRow).where(WorkspaceRow.id == workspace_id))

    async def page_group(
        self, subscription: str, group: str, after: str | None, limit: int
    ) -> list[Workspace]:
        """Up to `limit` workspaces of a group, ordered by name, after the name `after`."""
        query = select(WorkspaceRow).where(
            WorkspaceRow.subscription == subscription.lower(),
            WorkspaceRow.group_folded == group.lower(),
        )
        if after is not None:
            query = query.where(WorkspaceRow.name_folded > after.lower())
        return await self._many(query.order_by(WorkspaceRow.name_folded).limit(limit))

    async def page_subscription(
        self, subscription: str, after: str | None, limit: int
    ) -> list[Workspace]:
        """Up to `limit` workspaces of a subscription, ordered by id, after the id `after`."""
        query = select(WorkspaceRow).where(WorkspaceRow.subscription == subscription.lower())
        if after is not None:
            query = query.where(WorkspaceRow.id > after)
        return await self._many(query.order_by(WorkspaceRow.id).limit(limit))

    async def any_in(
        self, subscription: str, location: str, group: str | None, name: str | None
    ) -> bool:
        """Whether a region has a workspace; of a group, of a name, where those are given."""
        query = select(WorkspaceRow.id).where(
            WorkspaceRow.subscription == subscription.lower(),
            func.lower(WorkspaceRow.location) == location.lower(),
        )
        if group is not None:
            query = query.where(WorkspaceRow.group_folded == group.lower())
        if name is not None:
            query = query.where(WorkspaceRow.name_folded == name.lower())
        return await self._session.scalar(query.limit(1)) is not None

    async def being_deleted(self) -> list[Workspace]:
        """Workspaces whose delete was accepted and has not ended."""
        return await self._many(select(WorkspaceRow).where(WorkspaceRow.deleting))

    async def save(self, workspace: Workspace, *, if_etag: str) -> bool:
        """Write the workspace if its ETag is still `if_etag`."""
        written = await self._session.execute(
            update(WorkspaceRow)
            .where(WorkspaceRow.id == workspace.id, WorkspaceRow.etag == if_etag)
            .values(**_columns(workspace))
        )
        return changed(written)

    async def remove(self, workspace_id: str) -> bool:
        """Remove the row; False if it was gone."""
        gone = await self._session.execute(
            delete(WorkspaceRow).where(WorkspaceRow.id == workspace_id)
        )
        return changed(gone)

    async def _one(self, query: Select[WorkspaceRow]) -> Workspace | None:
        row = (await self._session.scalars(query)).one_or_none()
        return _workspace_of(row) if row else None

    async def _many(self, query: Select[WorkspaceRow]) -> list[Workspace]:
        return [_workspace_of(row) for row in await self._session.scalars(query)]


_PLAIN = (
    "id",
    "subscription",
    "resource_group",
    "name",
    "location",
    "kind",
    "tags",
    "identity",
    "properties",
    "etag",
    "deleting",
)


def _workspace_of(row: WorkspaceRow) -> Workspace:
    return Workspace(**{name: getattr(row, name) for name in _PLAIN}, stamp=stamp_of(row))


def _columns(workspace: Workspace) -> dict[str, Any]:
    return {name: getattr(workspace, name) for name in _PLAIN} | {
        "subscription": workspace.subscription.lower(),
        "group_folded": workspace.resource_group.lower(),
        "name_folded": workspace.name.lower(),
        **stamp_columns(workspace.stamp),
    }
