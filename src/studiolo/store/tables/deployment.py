"""ARM template deployments."""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from studiolo.store.tables.base import Base, Stamped, folded


class DeploymentRow(Stamped, Base):
    """A deployment to a resource group; the resources it made, with their operations, as JSON."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("subscription", "group_folded", "name_folded"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    subscription: Mapped[str]
    resource_group: Mapped[str]
    group_folded: Mapped[str] = folded()
    name: Mapped[str]
    name_folded: Mapped[str] = folded()
    mode: Mapped[str]
    template_hash: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    outputs: Mapped[dict[str, Any]]
    resources: Mapped[list[Any]]
    correlation: Mapped[str]
