"""What all tables share: naming, instants, and names that ignore case."""

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import JSON, DateTime, Dialect, MetaData, String, Table, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A timezone-aware instant, kept in UTC (SQLite has no zone, so it is put back on reading)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants: they are always a mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Declarative base; `dict[str, Any]` columns are JSON."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own idiom
        dict[str, Any]: JSON,
        list[Any]: JSON,
        datetime: Instant,
        str: String,
    }


def table_of(mapped: type[Base]) -> Table:
    """The table behind a mapped class.

    A statement that writes to the table itself is spared the unit of work's bookkeeping, which
    costs several times what the statement does.
    """
    return cast("Table", mapped.__table__)


class Stamped:
    """Columns of Azure's `systemData`, and the ETag."""

    created_at: Mapped[datetime]
    created_by: Mapped[str]
    created_by_type: Mapped[str]
    modified_at: Mapped[datetime]
    modified_by: Mapped[str]
    modified_by_type: Mapped[str]
    etag: Mapped[str]


def folded() -> Mapped[str]:
    """A column for `name.lower()`, which lookups and unique constraints use."""
    return mapped_column(String, nullable=False)
