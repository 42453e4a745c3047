"""Alembic's entry: runs migrations on the connection it is handed."""

from typing import Literal

from alembic import context

from studiolo.store.tables import Base
from studiolo.store.tables.base import Instant

connection = context.config.attributes["connection"]


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own column type as the SQL type it is, so that revisions need no import of it."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
