"""Mapped tables, by aggregate. Importing this package loads them all, for Alembic."""

from studiolo.store.tables import compute, identity, quota, workspace
from studiolo.store.tables.base import Base

__all__ = ["Base", "compute", "identity", "quota", "workspace"]
