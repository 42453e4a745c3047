"""Who may read how much of a region's quota is in use."""

from fastapi import Request

from studiolo.api.arm.versions import require_version
from studiolo.api.deps import Authorized, services_of
from studiolo.api.services import Services
from studiolo.domain.access import segments
from studiolo.domain.resources import Principal

_COMPUTES_READ = "Microsoft.MachineLearningServices/workspaces/computes/read"

_WORKSPACES = ("providers", "microsoft.machinelearningservices", "workspaces")


class RegionReader(Authorized):
    """As :class:`Authorized`, or who may see the computes of a workspace in the path's region.

    Azure asks for the action at the subscription. Here a role at one workspace is all that most
    people have, and what they want is bounded by the region's quota: they may know how much of it
    is left. The figures name nobody.
    """

    async def __call__(self, request: Request) -> Principal:
        """The caller."""
        services = services_of(request)
        caller = await services.identity.authenticate(request)
        request.state.principal = caller.id
        require_version(request)
        scope = self._at(request.url.path)
        if not await services.identity.may(caller, self.action, scope):
            location = str(request.path_params["location"])
            if not await _works_in(services, caller, location):
                await services.identity.authorize(caller, self.action, scope)
        return caller


async def _works_in(services: Services, caller: Principal, location: str) -> bool:
    """Whether the caller may see the computes of any workspace in a region."""
    scopes = await services.identity.scopes(caller, _COMPUTES_READ)
    subscription = services.deployment.subscription
    async with services.database.reading() as tx:
        for group, workspace in filter(None, map(_names, scopes)):
            if await tx.workspaces.any_in(subscription, location, group, workspace):
                return True
    return False


_Names = tuple[str | None, str | None]


def _names(scope: str) -> _Names | None:
    """Resource group and workspace that a scope is, or is in; None for either where it is further
    up, and for both where no workspace is at the scope, above or below it.
    """
    parts = segments(scope)
    group = parts[3] if len(parts) > 3 else None
    if len(parts) <= 4:
        return group, None
    return (group, parts[7]) if parts[4:7] == _WORKSPACES and len(parts) > 7 else None
