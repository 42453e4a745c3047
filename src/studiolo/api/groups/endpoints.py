"""Routes of resource groups."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import json_body
from studiolo.api.arm.envelope import detail_body
from studiolo.api.arm.operations import RETRY_SECONDS
from studiolo.api.arm.origin import api_origin
from studiolo.api.arm.paging import Page, listing, requested_page
from studiolo.api.deps import Provided, SignedIn, authorized
from studiolo.api.groups.schemas import TYPE, GroupBody, GroupPatch, check_properties
from studiolo.api.groups.service import (
    DELETE,
    WRITE,
    change_group,
    delete_group,
    deletion_of,
    group_id,
    put_group,
)
from studiolo.api.schema.groups import GroupList, GroupResource
from studiolo.api.schema.saying import GUARDED, asks, empty, gives, polled
from studiolo.api.services import Services
from studiolo.api.subscriptions.filters import parse_filter
from studiolo.api.subscriptions.lists import collect, visible
from studiolo.api.subscriptions.retry import in_transaction
from studiolo.api.subscriptions.scope import known_location, known_subscription
from studiolo.api.subscriptions.tags import checked_tags
from studiolo.api.workspaces.endpoints import writer_of
from studiolo.api.workspaces.service import find_group
from studiolo.domain.errors import Forbidden, NotFound
from studiolo.domain.resources import OperationStatus, Principal, ResourceGroup
from studiolo.faults import point
from studiolo.store.transaction import Transaction

router = APIRouter(tags=["resource groups"])

READ = "Microsoft.Resources/subscriptions/resourceGroups/read"

_ALL = "/subscriptions/{subscription}/resourceGroups"
_ONE = f"{_ALL}/{{group}}"

Reader = Annotated[Principal, Depends(authorized(READ))]
Changer = Annotated[Principal, Depends(authorized(WRITE))]
Caller = Annotated[Principal, Depends(SignedIn())]
Wanted = Annotated[Page, Depends(requested_page)]


@router.get(
    _ALL,
    responses=gives(GroupList),
    openapi_extra=asks("$filter", "Compares tags: `tagName eq 'a' and tagValue eq 'b'`."),
)
async def list_groups(
    request: Request, caller: Caller, page: Wanted, subscription: str, services: Provided
) -> dict[str, Any]:
    """Groups that the caller may read; `$filter` compares tags."""
    known = known_subscription(services, subscription)
    wanted = parse_filter(request.query_params.get("$filter"), frozenset())
    may_read = await visible(services, caller, READ, f"/subscriptions/{known}")

    async def fetch(after: str | None, limit: int) -> list[ResourceGroup]:
        async with services.database.reading() as tx:
            return await tx.groups.page(known, after, limit)

    async def keep(group: ResourceGroup) -> bool:
        return wanted.accepts({}, group.tags) and await may_read(group_id(group))

    found = await collect(page, fetch, keep, lambda group: group.name)
    async with services.database.reading() as tx:
        going = {group.id for group in found if await deletion_of(tx, group) is not None}
    return listing(
        request,
        services.settings,
        page,
        found,
        lambda group: render(group, deleting=group.id in going),
        lambda group: group.name,
    )


@router.get(_ONE, responses=gives(GroupResource))
async def get_group(_caller: Reader, subscription: str, group: str, services: Provided) -> Response:
    """One group."""
    known = known_subscription(services, subscription)
    found, deleting = await _look(services, known, group)
    return _reply(found, deleting=deleting)


@router.head(_ONE, responses=empty(204, 404))
async def has_group(_caller: Reader, subscription: str, group: str, services: Provided) -> Response:
    """204 if the group is there, else 404."""
    known = known_subscription(services, subscription)
    try:
        await _look(services, known, group)
    except NotFound:
        return Response(status_code=404)
    return Response(status_code=204)


async def _look(services: Services, subscription: str, name: str) -> tuple[ResourceGroup, bool]:
    """The group, and whether it is being deleted."""
    async with services.database.reading() as tx:
        group = await find_group(tx, subscription, name)
        return group, await deletion_of(tx, group) is not None


@router.put(_ONE, name="put_group", responses=gives(GroupResource, 200, 201), openapi_extra=GUARDED)
async def put(
    request: Request,
    caller: Changer,
    body: Annotated[GroupBody, Depends(json_body(GroupBody))],
    subscription: str,
    group: str,
    services: Provided,
) -> Response:
    """Create, or replace the tags."""
    known = known_subscription(services, subscription)
    check_properties(body.properties)
    location = known_location(services, body.location, TYPE)
    tags = checked_tags(body.tags)
    writer = writer_of(request, caller, services)

    async def attempt(tx: Transaction) -> tuple[ResourceGroup, bool]:
        return await put_group(
            tx, known, group, location, tags, writer, lambda current: etag.check(request, current)
        )

    written, created = await in_transaction(services, f"Resource group '{group}'", attempt)
    return _reply(written, status=201 if created else 200)


@router.patch(_ONE, name="patch_group", responses=gives(GroupResource), openapi_extra=GUARDED)
async def patch(
    request: Request,
    caller: Changer,
    body: Annotated[GroupPatch, Depends(json_body(GroupPatch))],
    subscription: str,
    group: str,
    services: Provided,
) -> Response:
    """Replace the tags, where the body has any."""
    known = known_subscription(services, subscription)
    check_properties(body.properties)
    async with services.database.transaction() as tx:
        stored = await find_group(tx, known, group)
        etag.check(request, stored.etag)
        tags = stored.tags if body.tags is None else checked_tags(body.tags)
        written = await change_group(tx, stored, tags, writer_of(request, caller, services))
    return _reply(written)


@router.delete(_ONE, name="delete_group", responses=polled(202), openapi_extra=GUARDED)
async def delete(
    request: Request,
    caller: Annotated[Principal, Depends(authorized(DELETE))],
    subscription: str,
    group: str,
    services: Provided,
) -> Response:
    """Begin to delete the group with its workspaces and their computes.

    Azure's clients poll `Location` until it is no longer 202.
    """
    known = known_subscription(services, subscription)
    async with services.database.transaction() as tx:
        stored = await find_group(tx, known, group)
        etag.check(request, stored.etag)
        operation = await delete_group(tx, stored, writer_of(request, caller, services))
    point("api.group_delete.committed")
    services.hint()
    return Response(
        status_code=202, headers=_polling(request, services, operation.id, operation.subscription)
    )


def _polling(
    request: Request, services: Services, operation: str, subscription: str
) -> dict[str, str]:
    version = request.query_params.get("api-version", "2021-04-01")
    origin = api_origin(request, services.settings)
    path = f"/subscriptions/{subscription}/operationresults/{operation}"
    return {
        "Location": f"{origin}{path}?api-version={version}",
        "Retry-After": str(RETRY_SECONDS),
    }


@router.get(
    "/subscriptions/{subscription}/operationresults/{operation}",
    name="get_group_operation_result",
    responses=empty(200) | polled(202),
)
async def operation_result(
    request: Request, caller: Caller, subscription: str, operation: str, services: Provided
) -> Response:
    """202 while the operation goes on; then 200, or the error it ended with."""
    known = known_subscription(services, subscription)
    async with services.database.reading() as tx:
        found = await tx.operations.get(operation)
    if found is None or found.subscription.lower() != known.lower():
        raise NotFound(f"The operation '{operation[:80]}' could not be found.")
    if found.principal != caller.id and not await services.identity.may(caller, READ, found.scope):
        raise Forbidden(f"The operation '{operation[:80]}' was begun by somebody else.")
    if found.status is OperationStatus.IN_PROGRESS:
        return Response(
            status_code=202, headers=_polling(request, services, found.id, found.subscription)
        )
    if found.error is not None:
        return JSONResponse({"error": detail_body(found.error)}, 409)
    return Response(status_code=200)


def render(group: ResourceGroup, *, deleting: bool) -> dict[str, Any]:
    """ARM's `ResourceGroup`."""
    return {
        "id": group_id(group),
        "name": group.name,
        "type": TYPE,
        "location": group.location,
        "tags": dict(group.tags),
        "properties": {"provisioningState": "Deleting" if deleting else "Succeeded"},
    }


def _reply(group: ResourceGroup, *, status: int = 200, deleting: bool = False) -> Response:
    headers = {"ETag": etag.quoted(group.etag)}
    return JSONResponse(render(group, deleting=deleting), status, headers)
