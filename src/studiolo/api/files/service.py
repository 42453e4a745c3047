"""What the routes of files have in common: whose share it is, and that it is there."""

from fastapi import Request

from studiolo.api.arm.context import correlation_id
from studiolo.api.computes.lookup import WorkspaceName, workspace_of
from studiolo.api.computes.recording import Call
from studiolo.api.services import Services
from studiolo.domain.errors import Conflict, NotFound
from studiolo.domain.resources import Principal, Workspace
from studiolo.files import ShareFiles, WorkspaceShares
from studiolo.files.paths import SharePath

_STORAGE = "Microsoft.MachineLearningServices/workspaces/notebooks/storage"
READ, WRITE, DELETE = f"{_STORAGE}/read", f"{_STORAGE}/write", f"{_STORAGE}/delete"
"""Azure's actions for the files of a workspace."""


class FileService:
    """One request about the files of a workspace."""

    def __init__(self, services: Services, named: WorkspaceName, workspace: Workspace) -> None:
        self._services = services
        self._named = named
        self._workspace = workspace

    @classmethod
    async def of(cls, services: Services, named: WorkspaceName) -> "FileService":
        """The files of the workspace of a path.

        :raises NotFound: there is none.
        :raises Conflict: it is being deleted, and its share put away.
        """
        return cls(services, named, await _living(services, named))

    async def require_living(self) -> None:
        """Look once more, after something that took a while.

        :raises NotFound: the workspace is gone.
        :raises Conflict: it is being deleted, or another has its name.
        """
        found = await _living(self._services, self._named)
        if found.id != self._workspace.id:
            raise _being_deleted(self._workspace)

    async def files(self) -> ShareFiles:
        """The share, made if no instance has used it yet."""
        root, share = self._services.settings.shares, self._workspace.id
        shares = WorkspaceShares(root)
        if not await shares.exists(share):
            await self._make(shares)
        return ShareFiles(root, share)

    async def _make(self, shares: WorkspaceShares) -> None:
        region = self._services.regions.get(self._workspace.location)
        await shares.ensure(self._workspace.id, owner=region.share_owner if region else None)
        try:
            await self.require_living()
        except (NotFound, Conflict):
            # It was put away just before, so what was made here is nobody's.
            await shares.retire(self._workspace.id)
            raise

    async def note_deletion(self, request: Request, caller: Principal, path: SharePath) -> None:
        """Append to the activity log that a folder goes with everything in it."""
        correlation = correlation_id(request.scope)
        call = Call(caller, DELETE, correlation, self._services.clock())
        async with self._services.database.transaction() as tx:
            detail = f"the folder '{path}' of the file share"
            await call.note(tx, self._workspace.arm_id, detail, status="Accepted")


async def _living(services: Services, named: WorkspaceName) -> Workspace:
    async with services.database.reading() as tx:
        workspace = await workspace_of(tx, named)
    if workspace.deleting:
        raise _being_deleted(workspace)
    return workspace


def _being_deleted(workspace: Workspace) -> Conflict:
    return Conflict(
        f"Workspace '{workspace.name}' is being deleted, and its files with it.",
        target=workspace.name,
    )
