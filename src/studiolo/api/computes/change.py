"""Changing an instance that exists: what may change, and what only a new instance can have."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from studiolo.api.computes.schedules import settle
from studiolo.api.computes.wanted import DEFAULTS, Wanted
from studiolo.domain.disks import DISKS
from studiolo.domain.errors import Conflict
from studiolo.domain.idle import SETTING
from studiolo.domain.resources import Compute, Principal, Stamp
from studiolo.domain.states import State

CHANGEABLE = frozenset({SETTING})
"""What of `properties.properties` an instance that exists can be given anew."""


def changed(
    compute: Compute, wanted: Wanted, caller: Principal, now: datetime, *, whole: bool
) -> Compute | None:
    """The instance as `wanted` asks, or None if it is that already.

    Tags, description, schedules and :data:`CHANGEABLE` change; everything else is fixed when an
    instance is made.

    :param whole: a PUT, in which what is not said is empty; a PATCH leaves it as it is.
    :raises Conflict: `PropertyChangeNotAllowed` with the field as target; or it is being deleted.
    """
    _refuse_deleting(compute)
    for target, reason in _fixed(compute, wanted):
        raise Conflict(reason, code="PropertyChangeNotAllowed", target=target)
    tags = dict(wanted.tags or {}) if whole or wanted.tags is not None else dict(compute.tags)
    description = wanted.description
    if description is None and not whole:
        description = compute.envelope.get("description")
    schedules = compute.schedules
    if wanted.schedules is not None:
        schedules = settle(schedules, wanted.schedules, now)
    return amended(
        compute,
        caller,
        now,
        tags=tags,
        spec=_spec_after(compute, wanted, whole=whole),
        envelope={**compute.envelope, "description": description},
        schedules=schedules,
    )


def amended(compute: Compute, caller: Principal, now: datetime, **fields: Any) -> Compute | None:
    """The instance with these fields, or None if it has them already.

    :raises Conflict: it is being deleted.
    """
    _refuse_deleting(compute)
    after = replace(compute, **fields)
    if _changeable(after) == _changeable(compute):
        return None
    return replace(after, etag=uuid.uuid4().hex, stamp=touched(compute, caller, now))


def _spec_after(compute: Compute, wanted: Wanted, *, whole: bool) -> dict[str, Any]:
    said = {each: wanted.said.get(each) for each in CHANGEABLE if whole or each in wanted.said}
    return {**compute.spec, **said}


def _changeable(compute: Compute) -> tuple[object, ...]:
    settings = {name: compute.spec.get(name) for name in CHANGEABLE}
    return dict(compute.tags), compute.envelope.get("description"), settings, compute.schedules


def _refuse_deleting(compute: Compute) -> None:
    """:raises Conflict: it is being deleted, so nothing of it can be changed any more."""
    if compute.state is State.DELETING:
        raise Conflict(
            f"Compute '{compute.name}' is being deleted. Wait until it is gone.",
            target=compute.name,
        )


def touched(compute: Compute, caller: Principal, now: datetime) -> Stamp | None:
    """`systemData` of an instance that `caller` changes."""
    kind = "User" if caller.kind == "User" else "Application"
    return compute.stamp and replace(
        compute.stamp, modified_at=now, modified_by=caller.name, modified_by_type=kind
    )


def _fixed(compute: Compute, wanted: Wanted) -> Iterator[tuple[str, str]]:
    stored = {**DEFAULTS, **compute.spec}
    for name, value in wanted.said.items():
        if name not in CHANGEABLE and _folded(name, stored.get(name)) != _folded(name, value):
            target = f"properties.properties.{name}"
            yield target, _reason(compute, name, stored.get(name), value)
    if wanted.assigned is not None and wanted.assigned.object_id.lower() != compute.assigned_id:
        target = "properties.properties.personalComputeInstanceSettings.assignedUser.objectId"
        yield target, _reason(compute, "assignedUser", compute.assigned_id, "another user")
    local_auth = compute.envelope.get("disableLocalAuth", True)
    if wanted.disable_local_auth is not None and wanted.disable_local_auth != local_auth:
        target = "properties.disableLocalAuth"
        yield target, _reason(compute, "disableLocalAuth", local_auth, not local_auth)


def _folded(name: str, value: Any) -> Any:
    """The value as it is compared: ARM ids have no case."""
    if name != "subnet":
        return value
    return str(value["id"]).rstrip("/").lower() if value else None


def _reason(compute: Compute, name: str, stored: object, wanted: object) -> str:
    instead = "Create another compute instance, or delete this one first."
    if name in ("vmSize", *DISKS):
        instead = "Resize it: POST to its 'resize'."
    return (
        f"'{name}' of compute '{compute.name}' is '{stored}' and cannot be changed to '{wanted}' "
        f"so. {instead}"
    )
