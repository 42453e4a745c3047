"""Ends the delete of workspaces: their instances first, then the share moves aside, then the row.

The file share is people's work and stays on disk, as the storage account of a workspace stays in
Azure; it is found below `.retired`.
"""

from dataclasses import replace
from uuid import uuid4

import structlog

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain.errors import Detail
from studiolo.domain.resources import Compute, Operation, OperationStatus, Workspace
from studiolo.files.shares import WorkspaceShares
from studiolo.reconciler.cascade import delete_computes
from studiolo.store.database import Database
from studiolo.store.transaction import Transaction

log = structlog.get_logger(__name__)


class Workspaces:
    """One round looks at every workspace whose delete was accepted."""

    def __init__(self, database: Database, *, clock: Clock, shares: WorkspaceShares | None) -> None:
        self._database = database
        self._shares = shares
        self._clock = clock

    async def round(self) -> int:
        """Do the next step of every delete; returns how many steps changed something."""
        async with self._database.reading() as tx:
            leaving = await tx.workspaces.being_deleted()
        steps = [await self._guarded(workspace) for workspace in leaving]
        return sum(steps)

    async def _guarded(self, workspace: Workspace) -> bool:
        try:
            return await self._step(workspace)
        except Exception:
            # It is tried again in the next round; the others must not wait for it.
            log.exception("workspace not removed yet", workspace=workspace.id)
            return False

    async def _step(self, workspace: Workspace) -> bool:
        now = self._clock()
        faults.point("workspace.before_step")
        async with self._database.transaction() as tx:
            operations = await tx.operations.open_for(workspace.id)
            cause = next((each for each in operations if each.kind == "Delete"), None)
            progress = await delete_computes(tx, workspace, cause, now)
            if progress.failed is not None:
                await self._give_up(tx, workspace, progress.failed, operations)
        if progress.failed is None:
            if progress.left:
                return False
            await self._finish(workspace)
        faults.point("workspace.step_done")
        return True

    async def _finish(self, workspace: Workspace) -> None:
        """Nothing uses the share any more, and nothing new can: the workspace is being deleted."""
        if self._shares is not None:
            await self._shares.retire(workspace.id)
        faults.point("workspace.share_retired")
        async with self._database.transaction() as tx:
            await self._remove(tx, workspace, await tx.operations.open_for(workspace.id))

    async def _remove(
        self, tx: Transaction, workspace: Workspace, operations: list[Operation]
    ) -> None:
        if not await tx.workspaces.remove(workspace.id):
            return
        await tx.roles.remove_below(workspace.arm_id)
        for operation in operations:
            ended = operation.kind == "Delete"
            status = OperationStatus.SUCCEEDED if ended else OperationStatus.CANCELED
            await tx.operations.end(operation, status, self._clock())
        log.info("workspace removed", workspace=workspace.id, name=workspace.name)

    async def _give_up(
        self,
        tx: Transaction,
        workspace: Workspace,
        compute: Compute,
        operations: list[Operation],
    ) -> None:
        """An instance that cannot be deleted keeps its workspace, and says why."""
        cause = compute.errors[0].message if compute.errors else "No reason was given."
        message = (
            f"The workspace '{workspace.name}' was not deleted, because its compute instance "
            f"'{compute.name}' could not be: {cause} Then delete the workspace again."
        )
        kept = replace(workspace, deleting=False, etag=uuid4().hex)
        await tx.workspaces.save(kept, if_etag=workspace.etag)
        for operation in operations:
            error = Detail("WorkspaceDeleteFailed", message)
            await tx.operations.end(operation, OperationStatus.FAILED, self._clock(), error)
