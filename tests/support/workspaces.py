"""What the API does to a workspace, for tests of the reconciler."""

from dataclasses import replace

from studiolo.domain.resources import Operation
from tests.support.reconciling import Bench
from tests.support.values import an_operation


async def delete_workspace(bench: Bench) -> Operation:
    """What the API does: mark the workspace, store the operation."""
    operation = an_operation(bench.workspace.id, kind="Delete", started_at=bench.clock())
    async with bench.database.transaction() as tx:
        present = await tx.workspaces.by_id(bench.workspace.id)
        marked = replace(present, deleting=True, etag="deleting")
        assert await tx.workspaces.save(marked, if_etag=present.etag)
        await tx.operations.add(operation)
    return operation
