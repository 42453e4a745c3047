"""Virtual networks and their subnets."""

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from studiolo.store.tables.base import Base, Stamped, folded


class VirtualNetworkRow(Stamped, Base):
    """A virtual network; `group_folded` points to its resource group by name."""

    __tablename__ = "virtual_networks"
    __table_args__ = (UniqueConstraint("subscription", "group_folded", "name_folded"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    subscription: Mapped[str]
    resource_group: Mapped[str]
    group_folded: Mapped[str] = folded()
    name: Mapped[str]
    name_folded: Mapped[str] = folded()
    location: Mapped[str]
    tags: Mapped[dict[str, Any]]
    prefixes: Mapped[list[Any]]


class SubnetRow(Base):
    """A subnet; its id is its bridge's name in its region."""

    __tablename__ = "subnets"
    __table_args__ = (
        UniqueConstraint("network", "name_folded"),
        Index(None, "location"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(ForeignKey("virtual_networks.id"))
    location: Mapped[str]
    name: Mapped[str]
    name_folded: Mapped[str] = folded()
    prefix: Mapped[str]
    etag: Mapped[str]
