"""Quota: limits, what is used, and who holds it.

`quota_usage.used` is the counter that a conditional UPDATE reserves on; `quota_holds` says whose
it is. Both change in the same transaction as the compute row, and a test holds their sums equal.
"""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from studiolo.store.tables.base import Base


class QuotaUsageRow(Base):
    """A counter per region and family; the family `*` is the regional total. Units: vCPUs."""

    __tablename__ = "quota_usage"
    __table_args__ = (CheckConstraint("used >= 0", name="used_not_negative"),)

    location: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(primary_key=True)
    limit: Mapped[int]
    used: Mapped[int]


class QuotaHoldRow(Base):
    """What one compute holds, from its create to its delete, stopped or not."""

    __tablename__ = "quota_holds"

    compute: Mapped[str] = mapped_column(primary_key=True)
    location: Mapped[str] = mapped_column(index=True)
    family: Mapped[str]
    vcpus: Mapped[int]
