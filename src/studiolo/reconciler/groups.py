"""Ends the delete of resource groups: their workspaces first, then the row.

A group is being deleted while an open Delete operation names it.
"""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import structlog

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain.errors import Detail
from studiolo.domain.resources import Operation, OperationStatus, ResourceGroup, Workspace
from studiolo.reconciler.cascade import deletion
from studiolo.store.database import Database
from studiolo.store.transaction import Transaction

log = structlog.get_logger(__name__)

_PAGE = 100


class Groups:
    """One round looks at every resource group whose delete was accepted."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def round(self) -> int:
        """Do the next step of every delete; returns how many steps changed something."""
        async with self._database.reading() as tx:
            leaving = await tx.groups.being_deleted()
        steps = [await self._guarded(group) for group in leaving]
        return sum(steps)

    async def _guarded(self, group: ResourceGroup) -> bool:
        try:
            return await self._step(group)
        except Exception:
            # It is tried again in the next round; the others must not wait for it.
            log.exception("resource group not removed yet", group=group.id)
            return False

    async def _step(self, group: ResourceGroup) -> bool:
        now = self._clock()
        faults.point("group.before_step")
        async with self._database.transaction() as tx:
            operations = await tx.operations.open_for(group.id)
            cause = next((each for each in operations if each.kind == "Delete"), None)
            if cause is None:
                return False
            left = await tx.workspaces.page_group(group.subscription, group.name, None, _PAGE)
            if not left:
                await self._end(tx, group, cause, operations)
                return True
            return await self._delete_workspaces(tx, group, left, cause, now)

    async def _end(
        self,
        tx: Transaction,
        group: ResourceGroup,
        cause: Operation,
        operations: list[Operation],
    ) -> None:
        """Remove what is left, unless an instance of another group is in one of its subnets."""
        reason = await _remove_networks(tx, group)
        if reason is None:
            await self._remove(tx, group, operations)
            return
        message = f"The resource group '{group.name}' was not deleted. {reason}"
        error = Detail("InUseSubnetCannotBeDeleted", message)
        await tx.operations.end(cause, OperationStatus.FAILED, self._clock(), error)

    async def _remove(
        self, tx: Transaction, group: ResourceGroup, operations: list[Operation]
    ) -> None:
        await tx.groups.remove(group.id)
        await tx.roles.remove_below(
            f"/subscriptions/{group.subscription}/resourceGroups/{group.name}"
        )
        for operation in operations:
            await tx.operations.end(operation, OperationStatus.SUCCEEDED, self._clock())
        log.info("resource group removed", group=group.id, name=group.name)

    async def _delete_workspaces(
        self,
        tx: Transaction,
        group: ResourceGroup,
        workspaces: list[Workspace],
        cause: Operation,
        now: datetime,
    ) -> bool:
        changed = False
        for workspace in workspaces:
            failure = await _failure_since(tx, workspace, cause)
            if failure is not None:
                message = f"The resource group '{group.name}' was not deleted. {failure}"
                error = Detail("ResourceGroupDeleteFailed", message)
                await tx.operations.end(cause, OperationStatus.FAILED, now, error)
                return True
            if not workspace.deleting:
                await _mark(tx, workspace, cause, now)
                changed = True
        return changed


async def _remove_networks(tx: Transaction, group: ResourceGroup) -> str | None:
    """Remove the group's virtual networks; or say which instance is in the way of that.

    Their bridges have no machines any more, and go when the region is compared with the store.
    """
    await tx.networks.alone()
    networks = await tx.networks.in_group(group.subscription, group.name)
    for network in networks:
        for instance in (await tx.networks.used([each.id for each in network.subnets])).values():
            return f"The instance '{instance}' of another group is in its '{network.name}'."
    for network in networks:
        await tx.networks.remove(network.id)
    return None


async def _failure_since(tx: Transaction, workspace: Workspace, cause: Operation) -> str | None:
    """Why the workspace's own delete failed since the group's began; None if it did not."""
    if workspace.deleting:
        return None
    last = await tx.operations.last(workspace.id, kind="Delete")
    if last is None or last.status is not OperationStatus.FAILED:
        return None
    if last.ended_at is None or last.ended_at < cause.started_at:
        return None
    return last.error.message if last.error else f"'{workspace.name}' could not be deleted."


async def _mark(tx: Transaction, workspace: Workspace, cause: Operation, now: datetime) -> None:
    marked = replace(workspace, deleting=True, etag=uuid4().hex)
    if not await tx.workspaces.save(marked, if_etag=workspace.etag):
        return
    await tx.operations.add(deletion(workspace, cause, now))
