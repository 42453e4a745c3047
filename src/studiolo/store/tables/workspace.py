"""Deployment facts, resource groups, workspaces, the activity log."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from studiolo.store.tables.base import Base, Stamped, folded


class DeploymentFactRow(Base):
    """Facts made once: deployment id, tenant id, subscription id, signing keys (as JSON)."""

    __tablename__ = "deployment_facts"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class ResourceGroupRow(Stamped, Base):
    """A resource group."""

    __tablename__ = "resource_groups"
    __table_args__ = (UniqueConstraint("subscription", "name_folded"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    subscription: Mapped[str]
    name: Mapped[str]
    name_folded: Mapped[str] = folded()
    location: Mapped[str]
    tags: Mapped[dict[str, Any]]


class WorkspaceRow(Stamped, Base):
    """A workspace; `group_folded` points to its resource group by name."""

    __tablename__ = "workspaces"
    __table_args__ = (UniqueConstraint("subscription", "group_folded", "name_folded"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    subscription: Mapped[str]
    resource_group: Mapped[str]
    group_folded: Mapped[str] = folded()
    name: Mapped[str]
    name_folded: Mapped[str] = folded()
    location: Mapped[str]
    kind: Mapped[str]
    tags: Mapped[dict[str, Any]]
    identity: Mapped[dict[str, Any] | None]
    properties: Mapped[dict[str, Any]]
    deleting: Mapped[bool] = mapped_column(default=False)


class ActivityRow(Base):
    """One line of the append-only activity log."""

    __tablename__ = "activity"
    __table_args__ = (Index(None, "scope_folded", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    principal: Mapped[str]
    principal_name: Mapped[str]
    operation: Mapped[str]
    scope: Mapped[str]
    scope_folded: Mapped[str] = folded()
    status: Mapped[str]
    correlation: Mapped[str]
    detail: Mapped[str]
