"""What a role can be assigned at: the subscription, a resource group, a workspace, a compute."""

import re

from studiolo.domain.access import segments
from studiolo.domain.errors import NotFound
from studiolo.store.transaction import Transaction

_SHAPE = re.compile(
    r"/subscriptions/[^/]+(?:/resourcegroups/[^/]+"
    r"(?:/providers/microsoft\.machinelearningservices/workspaces/[^/]+(?:/computes/[^/]+)?)?)?"
)


async def resolve(tx: Transaction, subscription: str, scope: str) -> str:
    """The ARM id of the resource at `scope`, in its own spelling.

    :param subscription: the deployment's subscription id.
    :raises NotFound: it is no such resource, or it does not exist.
    """
    scope = "/" + scope.strip("/")
    if not _SHAPE.fullmatch(scope.lower()):
        raise _missing(scope)
    parts = [part for part in scope.split("/") if part]
    if segments(scope)[1] != subscription.lower():
        raise _missing(scope)
    match len(parts):
        case 2:
            return f"/subscriptions/{subscription}"
        case 4:
            return await _group(tx, subscription, parts[3], scope)
        case _:
            return await _workspace_or_compute(tx, subscription, parts, scope)


async def _group(tx: Transaction, subscription: str, name: str, scope: str) -> str:
    group = await tx.groups.get(subscription, name)
    if group is None:
        raise _missing(scope)
    return f"/subscriptions/{subscription}/resourceGroups/{group.name}"


async def _workspace_or_compute(
    tx: Transaction, subscription: str, parts: list[str], scope: str
) -> str:
    workspace = await tx.workspaces.get(subscription, parts[3], parts[7])
    if workspace is None:
        raise _missing(scope)
    if len(parts) == 8:
        return workspace.arm_id
    compute = await tx.computes.get(workspace.id, parts[9])
    if compute is None:
        raise _missing(scope)
    return compute.arm_id


def _missing(scope: str) -> NotFound:
    return NotFound(
        f"There is nothing at the scope '{scope[:300]}'. A role is assigned at the subscription, a "
        "resource group, a workspace or a compute that exists.",
        target="scope",
    )
