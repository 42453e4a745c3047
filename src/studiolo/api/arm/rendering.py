"""How ARM writes instants and who made a resource."""

from datetime import UTC, datetime
from typing import Any

from studiolo.domain.resources import Stamp


def instant(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z, as Azure's clients parse it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def system_data(stamp: Stamp) -> dict[str, Any]:
    """ARM's `systemData`."""
    return {
        "createdAt": instant(stamp.created_at),
        "createdBy": stamp.created_by,
        "createdByType": stamp.created_by_type,
        "lastModifiedAt": instant(stamp.modified_at),
        "lastModifiedBy": stamp.modified_by,
        "lastModifiedByType": stamp.modified_by_type,
    }
