"""The end of a resource group's delete: when its last workspace is gone, so is the group.

Called wherever that may have come true: by the reconciler after it removed a workspace, and by the
API when somebody asks for the group or its operation. It is safe to call at any time, by anybody,
as often as one likes; the guarded `end` of the operation lets one caller win.
"""

from datetime import datetime

from studiolo.domain.errors import Detail
from studiolo.domain.resources import OperationStatus
from studiolo.store.transaction import Transaction


async def end_group_delete(tx: Transaction, subscription: str, name: str, now: datetime) -> bool:
    """End the group's delete if nothing of it is left to wait for.

    A workspace that is no longer being deleted (its delete failed) ends the group's delete as
    Failed, and the group stays.

    :returns: whether the group is gone.
    """
    group = await tx.groups.get(subscription, name)
    if group is None:
        return True
    running = [each for each in await tx.operations.open_for(group.id) if each.kind == "Delete"]
    if not running:
        return False
    left = await tx.workspaces.page_group(subscription, name, None, 1000)
    if any(workspace.deleting for workspace in left):
        return False
    for operation in running:
        if left:
            names = ", ".join(workspace.name for workspace in left[:10])
            message = f"The group was not deleted, because these workspaces were not: {names}."
            failure = Detail("ResourceGroupDeletionBlocked", message, group.name)
            await tx.operations.end(operation.id, OperationStatus.FAILED, now, failure)
        else:
            await tx.operations.end(operation.id, OperationStatus.SUCCEEDED, now)
    if left:
        return False
    scope = f"/subscriptions/{group.subscription}/resourceGroups/{group.name}"
    await tx.deployments.remove_group(group.subscription, group.name)
    await tx.roles.remove_below(scope)
    return await tx.groups.remove(group.id)
