"""Lists of all resources of the subscription or of a group: the workspaces."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from studiolo.api.arm.paging import Page, listing, requested_page
from studiolo.api.arm.rendering import instant
from studiolo.api.deps import Provided, SignedIn
from studiolo.api.schema.groups import GenericResourceList
from studiolo.api.schema.saying import asks, gives
from studiolo.api.services import Services
from studiolo.api.subscriptions.filters import Filter, parse_filter
from studiolo.api.subscriptions.lists import collect, visible
from studiolo.api.subscriptions.scope import known_subscription
from studiolo.api.workspaces.endpoints import READ
from studiolo.api.workspaces.schemas import TYPE
from studiolo.api.workspaces.service import find_group
from studiolo.domain.resources import Principal, Workspace

router = APIRouter(tags=["resource groups"])

_FIELDS = frozenset({"resourcetype", "resourcegroup", "name", "location"})
_FILTER = asks("$filter", "Compares `resourceType`, `resourceGroup`, `name`, `location` and tags.")

Caller = Annotated[Principal, Depends(SignedIn())]
Wanted = Annotated[Page, Depends(requested_page)]


@router.get(
    "/subscriptions/{subscription}/resources",
    name="list_resources_in_subscription",
    responses=gives(GenericResourceList),
    openapi_extra=_FILTER,
)
async def list_in_subscription(
    request: Request, caller: Caller, page: Wanted, subscription: str, services: Provided
) -> dict[str, Any]:
    """What the caller may read in the subscription; `$expand` is always given what it asks for."""
    known = known_subscription(services, subscription)

    async def fetch(after: str | None, limit: int) -> list[Workspace]:
        async with services.database.reading() as tx:
            return await tx.workspaces.page_subscription(known, after, limit)

    keep = await _Keep.of(request, caller, services, f"/subscriptions/{known}")
    found = await collect(page, fetch, keep, lambda workspace: workspace.id)
    return listing(request, services.settings, page, found, render, lambda each: each.id)


@router.get(
    "/subscriptions/{subscription}/resourceGroups/{group}/resources",
    name="list_resources",
    responses=gives(GenericResourceList),
    openapi_extra=_FILTER,
)
async def list_in_group(
    request: Request,
    caller: Caller,
    page: Wanted,
    subscription: str,
    group: str,
    services: Provided,
) -> dict[str, Any]:
    """What the caller may read in a group."""
    known = known_subscription(services, subscription)
    async with services.database.reading() as tx:
        await find_group(tx, known, group)

    async def fetch(after: str | None, limit: int) -> list[Workspace]:
        async with services.database.reading() as tx:
            return await tx.workspaces.page_group(known, group, after, limit)

    scope = f"/subscriptions/{known}/resourceGroups/{group}"
    keep = await _Keep.of(request, caller, services, scope)
    found = await collect(page, fetch, keep, lambda workspace: workspace.name)
    return listing(request, services.settings, page, found, render, lambda each: each.name)


class _Keep:
    """What passes both the request's filter and the caller's rights."""

    def __init__(self, wanted: Filter, may_read: Any) -> None:
        self._wanted = wanted
        self._may_read = may_read

    @classmethod
    async def of(
        cls, request: Request, caller: Principal, services: Services, scope: str
    ) -> "_Keep":
        wanted = parse_filter(request.query_params.get("$filter"), _FIELDS)
        return cls(wanted, await visible(services, caller, READ, scope))

    async def __call__(self, workspace: Workspace) -> bool:
        fields = {
            "resourcetype": TYPE,
            "resourcegroup": workspace.resource_group,
            "name": workspace.name,
            "location": workspace.location,
        }
        if not self._wanted.accepts(fields, workspace.tags):
            return False
        return bool(await self._may_read(workspace.arm_id))


def render(workspace: Workspace) -> dict[str, Any]:
    """ARM's `GenericResourceExpanded`."""
    return {
        "id": workspace.arm_id,
        "name": workspace.name,
        "type": TYPE,
        "location": workspace.location,
        "kind": workspace.kind,
        "tags": dict(workspace.tags),
        "createdTime": instant(workspace.stamp.created_at),
        "changedTime": instant(workspace.stamp.modified_at),
        "provisioningState": "Deleting" if workspace.deleting else "Succeeded",
    }
