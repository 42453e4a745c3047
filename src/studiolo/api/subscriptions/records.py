"""What every write leaves behind: `systemData`, and a line in the activity log."""

import uuid
from dataclasses import replace
from datetime import datetime

from studiolo.domain.resources import (
    ActivityEntry,
    Asked,
    Operation,
    OperationStatus,
    Principal,
    Stamp,
)


def new_etag() -> str:
    """An ETag nobody has seen."""
    return uuid.uuid4().hex


def created_by(caller: Principal, now: datetime) -> Stamp:
    """`systemData` of a resource that `caller` makes now."""
    by, kind = caller.name, creator_type(caller)
    return Stamp(now, by, kind, now, by, kind)


def changed_by(stamp: Stamp, caller: Principal, now: datetime) -> Stamp:
    """`systemData` after `caller` changed the resource."""
    return replace(
        stamp, modified_at=now, modified_by=caller.name, modified_by_type=creator_type(caller)
    )


def creator_type(caller: Principal) -> str:
    """Azure's `createdByType`."""
    return "User" if caller.kind.value == "User" else "Application"


def accepted(
    caller: Principal, now: datetime, action: str, scope: str, correlation: str, status: str
) -> ActivityEntry:
    """A line for the activity log.

    :param status: Accepted for what goes on, Succeeded for what is done.
    """
    return ActivityEntry(
        at=now,
        principal=caller.id,
        principal_name=caller.name,
        operation=action,
        scope=scope,
        status=status,
        correlation=correlation,
    )


def begun(
    caller: Principal,
    now: datetime,
    *,
    action: str,
    correlation: str,
    kind: str,
    resource: str,
    scope: str,
    subscription: str,
    location: str,
) -> Operation:
    """A new long-running operation."""
    return Operation(
        id=str(uuid.uuid4()),
        subscription=subscription,
        location=location,
        resource=resource,
        scope=scope,
        kind=kind,
        status=OperationStatus.IN_PROGRESS,
        principal=caller.id,
        started_at=now,
        asked=Asked(action, caller.name, correlation),
    )
