"""ARM template deployments."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.deployments import DeployedResource, TemplateDeployment
from studiolo.store.rows import changed, stamp_columns, stamp_of
from studiolo.store.tables.deployment import DeploymentRow


class Deployments:
    """Deployments by name; writes compare the ETag."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, deployment: TemplateDeployment) -> None:
        """Store a new deployment.

        :raises sqlalchemy.exc.IntegrityError: the name is taken in its resource group.
        """
        await self._session.execute(insert(DeploymentRow).values(**_columns(deployment)))

    async def get(self, subscription: str, group: str, name: str) -> TemplateDeployment | None:
        """Find by names."""
        query = _in_group(subscription, group).where(DeploymentRow.name_folded == name.lower())
        row = (await self._session.scalars(query)).one_or_none()
        return _deployment_of(row) if row else None

    async def page(
        self, subscription: str, group: str, after: str | None, limit: int
    ) -> list[TemplateDeployment]:
        """Up to `limit` deployments of a group, ordered by name, after the name `after`."""
        query = _in_group(subscription, group)
        if after is not None:
            query = query.where(DeploymentRow.name_folded > after.lower())
        rows = await self._session.scalars(query.order_by(DeploymentRow.name_folded).limit(limit))
        return [_deployment_of(row) for row in rows]

    async def save(self, deployment: TemplateDeployment, *, if_etag: str) -> bool:
        """Write the deployment if its ETag is still `if_etag`."""
        written = await self._session.execute(
            update(DeploymentRow)
            .where(DeploymentRow.id == deployment.id, DeploymentRow.etag == if_etag)
            .values(**_columns(deployment))
        )
        return changed(written)

    async def remove(self, deployment_id: str) -> bool:
        """Remove the row; False if it was gone. Resources stay."""
        gone = await self._session.execute(
            delete(DeploymentRow).where(DeploymentRow.id == deployment_id)
        )
        return changed(gone)

    async def remove_group(self, subscription: str, group: str) -> None:
        """Remove every deployment of a group, when the group is deleted."""
        await self._session.execute(
            delete(DeploymentRow).where(
                DeploymentRow.subscription == subscription.lower(),
                DeploymentRow.group_folded == group.lower(),
            )
        )


def _in_group(subscription: str, group: str) -> Select[DeploymentRow]:
    return select(DeploymentRow).where(
        DeploymentRow.subscription == subscription.lower(),
        DeploymentRow.group_folded == group.lower(),
    )


_PLAIN = (
    "id",
    "resource_group",
    "name",
    "mode",
    "template_hash",
    "parameters",
    "outputs",
    "correlation",
    "etag",
)


def _deployment_of(row: DeploymentRow) -> TemplateDeployment:
    return TemplateDeployment(
        **{name: getattr(row, name) for name in _PLAIN},
        subscription=row.subscription,
        resources=tuple(DeployedResource(**each) for each in row.resources),
        stamp=stamp_of(row),
    )


def _columns(deployment: TemplateDeployment) -> dict[str, Any]:
    return {name: getattr(deployment, name) for name in _PLAIN} | {
        "subscription": deployment.subscription.lower(),
        "group_folded": deployment.resource_group.lower(),
        "name_folded": deployment.name.lower(),
        "resources": [asdict(resource) for resource in deployment.resources],
        **stamp_columns(deployment.stamp),
    }
