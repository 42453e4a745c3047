"""Dependencies of routes. Each ARM route declares its action by :func:`authorized`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from studiolo.api.arm.versions import require_version
from studiolo.api.services import Services
from studiolo.domain.resources import Principal


def services_of(request: Request) -> Services:
    """The application's services."""
    services: Services = request.app.state.services
    return services


async def _provided(request: Request) -> Services:
    # Not services_of itself: FastAPI takes a plain function to a thread and back, at each request.
    return services_of(request)


Provided = Annotated[Services, Depends(_provided)]
"""Parameter type for a route that needs the services."""


class Authorized:
    """Dependency that lets a request pass only if its caller may do `action` at the path's scope.

    First who is calling (401), then the api-version (400), then the right (403): a stranger learns
    nothing, and somebody without the right does not learn whether the resource exists.

    :param action: ARM action, for example `Microsoft.MachineLearningServices/workspaces/read`.
    :param at: gives the scope of a path.
    """

    def __init__(self, action: str, at: Callable[[str], str] | None = None) -> None:
        self.action = action
        self._at = at or scope_of

    async def __call__(self, request: Request) -> Principal:
        """The caller."""
        services = services_of(request)
        caller = await services.identity.authenticate(request)
        request.state.principal = caller.id
        require_version(request)
        await services.identity.authorize(caller, self.action, self._at(request.url.path))
        return caller


def authorized(action: str, at: Callable[[str], str] | None = None) -> Authorized:
    """Dependency for a route: `caller: Annotated[Principal, Depends(authorized("..."))]`.

    It must stand before the route's body parameter.
    """
    return Authorized(action, at)


class Concerned(Authorized):
    """As :class:`Authorized`, but any role at, above or below the path's subscription is enough.

    For what Azure shows to whoever holds a role in a subscription: itself, regions, providers.
    """

    async def __call__(self, request: Request) -> Principal:
        """The caller."""
        services = services_of(request)
        caller = await services.identity.authenticate(request)
        request.state.principal = caller.id
        require_version(request)
        subscription = "/".join(request.url.path.split("/")[:3])
        if not await services.identity.concerned(caller, subscription):
            await services.identity.authorize(caller, self.action, subscription)
        return caller


class SignedIn:
    """Dependency for the few routes that any signed-in caller may use (`GET /subscriptions`)."""

    async def __call__(self, request: Request) -> Principal:
        """The caller."""
        caller = await services_of(request).identity.authenticate(request)
        request.state.principal = caller.id
        require_version(request)
        return caller


def scope_of(path: str) -> str:
    """ARM id of the resource a path is about: without the list or action at its end.

    >>> scope_of("/subscriptions/s/resourceGroups/g/providers/M.L/workspaces/w/computes")
    '/subscriptions/s/resourceGroups/g/providers/M.L/workspaces/w'
    """
    segments = path.strip("/").split("/")
    whole = 0
    position = 0
    while position + 1 < len(segments):
        if segments[position].lower() != "providers":
            whole = position + 2
        position += 2
    return "/" + "/".join(segments[:whole])
