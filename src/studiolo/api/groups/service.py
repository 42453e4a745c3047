"""The life of resource groups, inside one unit of work that the caller commits."""

import uuid
from collections.abc import Mapping
from dataclasses import replace

from studiolo.api.groups.schemas import check_name
from studiolo.api.subscriptions.records import (
    accepted,
    begun,
    changed_by,
    created_by,
    new_etag,
)
from studiolo.api.workspaces.service import Precondition, Writer, delete_workspace
from studiolo.domain.errors import Conflict
from studiolo.domain.resources import Operation, ResourceGroup, Workspace
from studiolo.faults import point
from studiolo.store.transaction import Transaction

WRITE = "Microsoft.Resources/subscriptions/resourceGroups/write"
DELETE = "Microsoft.Resources/subscriptions/resourceGroups/delete"

_AT_ONCE = 200


def group_id(group: ResourceGroup) -> str:
    """`/subscriptions/.../resourceGroups/{name}`."""
    return f"/subscriptions/{group.subscription}/resourceGroups/{group.name}"


async def put_group(
    tx: Transaction,
    subscription: str,
    name: str,
    location: str,
    tags: Mapping[str, str],
    writer: Writer,
    check: Precondition,
) -> tuple[ResourceGroup, bool]:
    """Create, or replace the tags; returns the group and whether it is new.

    :raises InvalidInput: the name of a new one breaks Azure's rule.
    :raises Conflict: it is being deleted, or would move to another region.
    """
    stored = await tx.groups.get(subscription, name)
    check(stored.etag if stored else None)
    if stored is not None:
        if stored.location != location:
            raise Conflict(
                f"Resource group '{stored.name}' already exists in '{stored.location}' and cannot "
                f"be created in '{location}'.",
                code="InvalidResourceGroupLocation",
                target="location",
            )
        return await change_group(tx, stored, tags, writer), False
    check_name(name)
    group = ResourceGroup(
        id=str(uuid.uuid4()),
        subscription=subscription,
        name=name,
        location=location,
        tags=tags,
        etag=new_etag(),
        stamp=created_by(writer.caller, writer.now),
    )
    await tx.groups.add(group)
    await _log(tx, writer, WRITE, group, "Succeeded")
    return group, True


async def change_group(
    tx: Transaction, stored: ResourceGroup, tags: Mapping[str, str], writer: Writer
) -> ResourceGroup:
    """Give the group these tags.

    :raises Conflict: it is being deleted, or somebody else changed it meanwhile.
    """
    await refuse_deleting(tx, stored)
    if dict(tags) == dict(stored.tags):
        return stored
    written = await _save(tx, replace(stored, tags=tags), stored, writer)
    await _log(tx, writer, WRITE, written, "Succeeded")
    return written


async def refuse_deleting(tx: Transaction, group: ResourceGroup) -> None:
    """Let nothing be written in a group that is going away.

    :raises Conflict: `ResourceGroupBeingDeleted`.
    """
    if await deletion_of(tx, group) is not None:
        raise Conflict(
            f"Resource group '{group.name}' is being deleted. Wait until it is gone.",
            code="ResourceGroupBeingDeleted",
            target=group.name,
        )


async def deletion_of(tx: Transaction, group: ResourceGroup) -> Operation | None:
    """The delete that is under way, if any."""
    running = await tx.operations.open_for(group.id)
    return running[0] if running else None


async def delete_group(tx: Transaction, stored: ResourceGroup, writer: Writer) -> Operation:
    """Begin to delete the group and everything in it, the way each workspace is deleted by itself.

    Repeating it returns the operation that is under way. The reconciler removes the group when its
    last workspace is gone. Its deployments, which are only a record, go at once.
    """
    running = await deletion_of(tx, stored)
    if running is not None:
        return running
    # The new ETag makes a workspace that is being created in this group at this moment fail.
    group = await _save(tx, stored, stored, writer)
    for workspace in await workspaces_in(tx, group):
        await delete_workspace(tx, workspace, writer)
    await tx.deployments.remove_group(group.subscription, group.name)
    operation = begun(
        writer.caller,
        writer.now,
        action=DELETE,
        correlation=writer.correlation,
        kind="Delete",
        resource=group.id,
        scope=group_id(group),
        subscription=group.subscription,
        location=group.location,
    )
    await tx.operations.add(operation)
    point("api.group_delete.before_commit")
    return operation


async def workspaces_in(tx: Transaction, group: ResourceGroup) -> list[Workspace]:
    """All workspaces of a group."""
    found: list[Workspace] = []
    while True:
        after = found[-1].name if found else None
        page = await tx.workspaces.page_group(group.subscription, group.name, after, _AT_ONCE)
        found.extend(page)
        if len(page) < _AT_ONCE:
            return found


async def _save(
    tx: Transaction, wanted: ResourceGroup, stored: ResourceGroup, writer: Writer
) -> ResourceGroup:
    written = replace(
        wanted, etag=new_etag(), stamp=changed_by(stored.stamp, writer.caller, writer.now)
    )
    if not await tx.groups.save(written, if_etag=stored.etag):
        raise Conflict(
            f"Resource group '{stored.name}' was changed at the same moment. Try again.",
            target=stored.name,
        )
    return written


async def _log(
    tx: Transaction, writer: Writer, action: str, group: ResourceGroup, status: str
) -> None:
    await tx.activity.add(
        accepted(writer.caller, writer.now, action, group_id(group), writer.correlation, status)
    )
