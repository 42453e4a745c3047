"""Compute instances, with the reconciler's lease, and operations."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from studiolo.store.tables.base import Base, Stamped, folded


class ComputeRow(Stamped, Base):
    """A compute instance.

    `fires_at` is when the first of its schedules is due.

    `due_at` is when the reconciler must look next: null in a stable state that needs nothing.
    `lease_token` and `lease_until` are a reconciler's claim; every write of the reconciler names
    the token in its WHERE clause.

    `changed` orders the instances of a workspace by their last change: each write that a client
    could see takes the next number, so that the newest changes are found without reading the rest.
    Two transactions at the same moment may take the same one.
    """

    __tablename__ = "computes"
    __table_args__ = (
        UniqueConstraint("location", "name_folded"),
        UniqueConstraint("host_label"),
        Index(None, "workspace", "name_folded"),
        Index(None, "workspace", "changed"),
        Index(None, "location", "due_at"),
        Index(None, "subnet"),
        Index(None, "location", "fires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"))
    location: Mapped[str]
    name: Mapped[str]
    name_folded: Mapped[str] = folded()
    host_label: Mapped[str]
    size: Mapped[str]
    family: Mapped[str]
    vcpus: Mapped[int]
    spec: Mapped[dict[str, Any]]
    envelope: Mapped[dict[str, Any]]
    tags: Mapped[dict[str, Any]]
    identity: Mapped[dict[str, Any] | None]
    state: Mapped[str]
    state_since: Mapped[datetime]
    deadline: Mapped[datetime | None]
    generation: Mapped[int]
    errors: Mapped[list[Any]]
    last_operation: Mapped[dict[str, Any]]
    owner_id: Mapped[str] = mapped_column(index=True)
    owner_name: Mapped[str]
    assigned_id: Mapped[str]
    assigned_name: Mapped[str]
    agent_token: Mapped[str]
    image_version: Mapped[str | None]
    private_ip: Mapped[str | None]
    subnet: Mapped[str | None]
    subnet_prefix: Mapped[str | None]
    recipe: Mapped[dict[str, Any] | None]
    schedules: Mapped[list[Any] | None]
    fires_at: Mapped[datetime | None]
    changed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]


class OperationRow(Base):
    """A long-running operation."""

    __tablename__ = "operations"
    __table_args__ = (Index(None, "resource", "status"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    subscription: Mapped[str]
    location: Mapped[str]
    resource: Mapped[str]
    scope: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    principal: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    error: Mapped[dict[str, Any] | None]
    asked: Mapped[dict[str, Any] | None]
