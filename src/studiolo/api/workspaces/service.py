"""The life of workspaces, inside one unit of work that the caller commits.

Used by the workspace routes, by deployments and by the removal of a resource group, so that each
of them obeys the same rules.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from studiolo.api.subscriptions.records import (
    accepted,
    begun,
    changed_by,
    created_by,
    new_etag,
)
from studiolo.api.workspaces.schemas import WorkspaceDraft, check_name
from studiolo.domain.errors import Conflict, NotFound
from studiolo.domain.resources import Operation, Principal, ResourceGroup, Workspace
from studiolo.faults import point
from studiolo.store.transaction import Transaction

WRITE = "Microsoft.MachineLearningServices/workspaces/write"
DELETE = "Microsoft.MachineLearningServices/workspaces/delete"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, when, and the id that ties their log lines together."""

    caller: Principal
    now: datetime
    correlation: str


@dataclass(frozen=True, slots=True)
class Named:
    """A workspace's place: subscription as stored, group and name as the path spells them."""

    subscription: str
    group: str
    name: str


Precondition = Callable[[str | None], None]
"""Given the stored ETag, or None where nothing is stored; raises PreconditionFailed."""


async def find_group(tx: Transaction, subscription: str, name: str) -> ResourceGroup:
    """The group.

    :raises NotFound: `ResourceGroupNotFound`.
    """
    group = await tx.groups.get(subscription, name)
    if group is None:
        raise NotFound(
            f"Resource group '{name[:90]}' could not be found.",
            code="ResourceGroupNotFound",
            target="resourceGroupName",
        )
    return group


async def find_workspace(tx: Transaction, place: Named) -> Workspace:
    """The workspace.

    :raises NotFound: `ResourceNotFound`, or `ResourceGroupNotFound` where not even that is there.
    """
    workspace = await tx.workspaces.get(place.subscription, place.group, place.name)
    if workspace is None:
        await find_group(tx, place.subscription, place.group)
        raise NotFound(
            f"The Resource 'Microsoft.MachineLearningServices/workspaces/{place.name[:80]}' under "
            f"resource group '{place.group[:90]}' was not found.",
        )
    return workspace


async def put_workspace(
    tx: Transaction, place: Named, draft: WorkspaceDraft, writer: Writer, check: Precondition
) -> tuple[Workspace, bool]:
    """Create or replace; returns the workspace and whether it is new.

    :raises InvalidInput: the name of a new one breaks Azure's rule.
    :raises NotFound: its resource group is not there.
    :raises Conflict: it is being deleted, or would move to another region.
    """
    group = await find_group(tx, place.subscription, place.group)
    stored = await tx.workspaces.get(place.subscription, place.group, place.name)
    check(stored.etag if stored else None)
    if stored is None:
        workspace = await _create(tx, group, place.name, draft, writer)
    else:
        workspace = await _replace(tx, stored, draft, writer)
    await log_write(tx, writer, workspace)
    return workspace, stored is None


async def _create(
    tx: Transaction, group: ResourceGroup, name: str, draft: WorkspaceDraft, writer: Writer
) -> Workspace:
    check_name(name)
    # Writing the group's row keeps a delete of the group out until this is committed, and fails
    # if one was committed before.
    held = await tx.groups.save(group, if_etag=group.etag)
    if not held or await tx.operations.open_for(group.id):
        raise Conflict(
            f"Resource group '{group.name}' is being deleted or changed. Wait for its end, then "
            "try again.",
            code="ResourceGroupBeingDeleted",
            target=group.name,
        )
    workspace = Workspace(
        id=str(uuid.uuid4()),
        subscription=group.subscription,
        resource_group=group.name,
        name=name,
        location=draft.location,
        kind=draft.kind,
        tags=draft.tags,
        identity=draft.identity,
        properties=_whole(draft, name),
        etag=new_etag(),
        stamp=created_by(writer.caller, writer.now),
    )
    await tx.workspaces.add(workspace)
    return workspace


async def _replace(
    tx: Transaction, stored: Workspace, draft: WorkspaceDraft, writer: Writer
) -> Workspace:
    if draft.location != stored.location:
        raise Conflict(
            f"Workspace '{stored.name}' is in '{stored.location}' and cannot move to "
            f"'{draft.location}'. Delete it first, or give it another name.",
            code="InvalidResourceLocation",
            target="location",
        )
    wanted = replace(
        stored, tags=draft.tags, identity=draft.identity, properties=_whole(draft, stored.name)
    )
    return await change_workspace(tx, stored, wanted, writer)


def _whole(draft: WorkspaceDraft, name: str) -> dict[str, Any]:
    """Properties with their defaults, so that putting back what was read changes nothing."""
    return {"friendlyName": name, "description": "", **draft.properties}


async def change_workspace(
    tx: Transaction, stored: Workspace, wanted: Workspace, writer: Writer
) -> Workspace:
    """Write `wanted` over `stored` with a new ETag; an equal one is left as it is.

    :raises Conflict: it is being deleted, or somebody else changed it meanwhile.
    """
    if stored.deleting:
        raise Conflict(
            f"Workspace '{stored.name}' is being deleted. Wait until it is gone.",
            target=stored.name,
        )
    if wanted == stored:
        return stored
    written = replace(
        wanted, etag=new_etag(), stamp=changed_by(stored.stamp, writer.caller, writer.now)
    )
    if not await tx.workspaces.save(written, if_etag=stored.etag):
        raise _overtaken(stored)
    return written


async def delete_workspace(tx: Transaction, stored: Workspace, writer: Writer) -> Operation:
    """Mark the workspace; the reconciler removes its computes, then the row, then ends this.

    Repeating it returns the operation that is under way.
    """
    if stored.deleting:
        running = [
            each for each in await tx.operations.open_for(stored.id) if each.kind == "Delete"
        ]
        if running:
            return running[0]
    operation = begun(
        writer.caller,
        writer.now,
        action=DELETE,
        correlation=writer.correlation,
        kind="Delete",
        resource=stored.id,
        scope=stored.arm_id,
        subscription=stored.subscription,
        location=stored.location,
    )
    marked = replace(
        stored,
        deleting=True,
        etag=new_etag(),
        stamp=changed_by(stored.stamp, writer.caller, writer.now),
    )
    if not await tx.workspaces.save(marked, if_etag=stored.etag):
        raise _overtaken(stored)
    await tx.operations.add(operation)
    point("api.workspace_delete.before_commit")
    return operation


async def log_write(tx: Transaction, writer: Writer, workspace: Workspace) -> None:
    """Note in the activity log that the workspace was written."""
    await _log(tx, writer, WRITE, workspace, "Succeeded")


async def _log(
    tx: Transaction, writer: Writer, action: str, workspace: Workspace, status: str
) -> None:
    await tx.activity.add(
        accepted(writer.caller, writer.now, action, workspace.arm_id, writer.correlation, status)
    )


def _overtaken(workspace: Workspace) -> Conflict:
    return Conflict(
        f"Workspace '{workspace.name}' was changed at the same moment. Read it again and repeat "
        "your change.",
        target=workspace.name,
    )
