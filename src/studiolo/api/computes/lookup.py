"""Finding what a path names."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from studiolo.api.computes.names import is_valid
from studiolo.domain.errors import NotFound
from studiolo.domain.resources import Compute, Workspace
from studiolo.store.transaction import Transaction

WORKSPACE_PATH = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers"
    "/Microsoft.MachineLearningServices/workspaces/{workspace}"
)
_WORKSPACE_SEGMENTS = WORKSPACE_PATH.count("/") + 1
COMPUTES_PATH = f"{WORKSPACE_PATH}/computes"
COMPUTE_PATH = f"{COMPUTES_PATH}/{{compute}}"


def workspace_scope(path: str) -> str:
    """The workspace's ARM id in a path below it, for what has no rights of its own."""
    return "/".join(path.split("/")[:_WORKSPACE_SEGMENTS])


@dataclass(frozen=True, slots=True)
class WorkspaceName:
    """A workspace as a path names it."""

    subscription: str
    group: str
    workspace: str


async def _named(subscription: str, group: str, workspace: str) -> WorkspaceName:
    # Not the class itself: FastAPI takes what is no coroutine to a thread and back.
    return WorkspaceName(subscription, group, workspace)


WorkspaceNamed = Annotated[WorkspaceName, Depends(_named)]


async def workspace_of(tx: Transaction, named: WorkspaceName) -> Workspace:
    """The workspace of a path.

    :raises NotFound: there is none.
    """
    found = await tx.workspaces.get(named.subscription, named.group, named.workspace)
    if found is None:
        raise NotFound(
            f"The Resource 'Microsoft.MachineLearningServices/workspaces/{named.workspace}' under "
            f"resource group '{named.group}' was not found. Check both names.",
            target=named.workspace,
        )
    return found


async def compute_of(tx: Transaction, named: WorkspaceName, name: str) -> Compute:
    """The compute instance of a path.

    :raises NotFound: there is no such workspace, or no such compute in it.
    """
    workspace = await workspace_of(tx, named)
    found = await tx.computes.get(workspace.id, name) if is_valid(name) else None
    if found is None:
        raise not_found(workspace, name)
    return found


def not_found(workspace: Workspace, name: str) -> NotFound:
    """The error for a compute that is not there."""
    return NotFound(
        f"Compute '{name[:80]}' was not found in workspace '{workspace.name}'.", target=name[:80]
    )
