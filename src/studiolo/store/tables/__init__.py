"""Mapped tables, by aggregate. Importing this package loads them all, for Alembic."""

from studiolo.store.tables import compute, deployment, identity, network, quota, workspace
from studiolo.store.tables.base import Base

__all__ = ["Base", "compute", "deployment", "identity", "network", "quota", "workspace"]
