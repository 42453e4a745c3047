"""Requests the delete of every instance of a workspace, and tells how far that is."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from studiolo.domain import lifecycle
from studiolo.domain.resources import Asked, Compute, Operation, OperationStatus, Workspace
from studiolo.domain.states import Event, State
from studiolo.reconciler.outcomes import end_operations
from studiolo.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the delete of a workspace's instances is.

    :param left: instances that are still there.
    :param failed: the first whose own delete has failed since the workspace's delete began.
    """

    left: int
    failed: Compute | None = None


async def delete_computes(
    tx: Transaction, workspace: Workspace, cause: Operation | None, now: datetime
) -> Progress:
    """Request DELETE for every instance of `workspace` that is not being deleted.

    :param cause: the operation that the delete of the workspace belongs to.
    """
    computes = await tx.computes.in_workspace(workspace.id)
    for compute in computes:
        if cause is not None and _failed_since(compute, cause.started_at):
            return Progress(len(computes), compute)
    for compute in computes:
        if compute.state is not State.DELETING:
            await _delete(tx, compute, cause, now)
    return Progress(len(computes))


def _failed_since(compute: Compute, start: datetime) -> bool:
    last = compute.last_operation
    return last.name == "Delete" and last.status == "DeleteFailed" and last.time >= start


async def _delete(
    tx: Transaction, compute: Compute, cause: Operation | None, now: datetime
) -> None:
    deleting = lifecycle.request(compute, Event.DELETE, now, uuid4().hex)
    if not await tx.computes.save(deleting, if_etag=compute.etag, due_at=now):
        return  # somebody changed it meanwhile; the next round sees what it is now
    await end_operations(tx, deleting, Event.DELETE, now)
    # The operation is also the proof that the machine was meant to go, see orphans.py.
    await tx.operations.add(deletion(compute, cause, now))


def deletion(resource: Compute | Workspace, cause: Operation | None, now: datetime) -> Operation:
    """A new operation that deletes `resource`, on behalf of who asked for `cause`."""
    return Operation(
        id=str(uuid4()),
        subscription=resource.subscription,
        location=resource.location,
        resource=resource.id,
        scope=resource.arm_id,
        kind="Delete",
        status=OperationStatus.IN_PROGRESS,
        principal=cause.principal if cause else "",
        started_at=now,
        asked=_asked(resource, cause),
    )


def _asked(resource: Compute | Workspace, cause: Operation | None) -> Asked | None:
    """As if the one request had asked for this delete, too: Azure's log shows it the same way."""
    if cause is None or cause.asked is None:
        return None
    below = "/computes" if isinstance(resource, Compute) else ""
    action = f"Microsoft.MachineLearningServices/workspaces{below}/delete"
    return replace(cause.asked, action=action)
