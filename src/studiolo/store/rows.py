"""Small conversions that several repositories share."""

from typing import Any, cast

from sqlalchemy import CursorResult, Result

from studiolo.domain.resources import Stamp

_STAMP = (
    "created_at",
    "created_by",
    "created_by_type",
    "modified_at",
    "modified_by",
    "modified_by_type",
)


def changed(result: Result[Any]) -> bool:
    """Whether an UPDATE or DELETE touched a row."""
    return cast("CursorResult[Any]", result).rowcount > 0


def stamp_of(row: Any) -> Stamp:
    """Read `systemData` from a row."""
    return Stamp(**{name: getattr(row, name) for name in _STAMP})


def stamp_columns(stamp: Stamp | None) -> dict[str, Any]:
    """Return the columns of `systemData`; none for None, which leaves them as they are."""
    return {name: getattr(stamp, name) for name in _STAMP} if stamp else {}
