"""Routes of workspaces."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import json_body
from studiolo.api.arm.context import correlation_id
from studiolo.api.arm.operations import operation_headers
from studiolo.api.arm.paging import Page, listing, requested_page
from studiolo.api.deps import Provided, SignedIn, authorized
from studiolo.api.schema.saying import GUARDED, begins, empty, gives
from studiolo.api.schema.workspaces import WorkspaceKeys, WorkspaceList, WorkspaceResource
from studiolo.api.services import Services
from studiolo.api.subscriptions.lists import collect, visible
from studiolo.api.subscriptions.retry import in_transaction
from studiolo.api.subscriptions.scope import known_subscription
from studiolo.api.workspaces.rendering import render
from studiolo.api.workspaces.schemas import (
    WorkspaceBody,
    WorkspacePatch,
    checked_patch,
    draft_of,
)
from studiolo.api.workspaces.service import (
    DELETE,
    WRITE,
    Named,
    Writer,
    change_workspace,
    delete_workspace,
    find_group,
    find_workspace,
    log_write,
    put_workspace,
)
from studiolo.domain.resources import Principal, Workspace
from studiolo.faults import point

router = APIRouter(tags=["workspaces"])

READ = "Microsoft.MachineLearningServices/workspaces/read"
LIST_KEYS = "Microsoft.MachineLearningServices/workspaces/listKeys/action"

_PROVIDER = "providers/Microsoft.MachineLearningServices/workspaces"
_IN_SUBSCRIPTION = f"/subscriptions/{{subscription}}/{_PROVIDER}"
_IN_GROUP = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/{_PROVIDER}"
_ONE = f"{_IN_GROUP}/{{workspace}}"

Reader = Annotated[Principal, Depends(authorized(READ))]
Changer = Annotated[Principal, Depends(authorized(WRITE))]
Caller = Annotated[Principal, Depends(SignedIn())]
Wanted = Annotated[Page, Depends(requested_page)]


def writer_of(request: Request, caller: Principal, services: Services) -> Writer:
    """The author of what this request writes."""
    return Writer(caller, services.clock(), correlation_id(request.scope))


def _place(services: Services, subscription: str, group: str, name: str) -> Named:
    return Named(known_subscription(services, subscription), group, name)


@router.get(
    _IN_SUBSCRIPTION, name="list_workspaces_in_subscription", responses=gives(WorkspaceList)
)
async def list_in_subscription(
    request: Request, caller: Caller, page: Wanted, subscription: str, services: Provided
) -> dict[str, Any]:
    """Workspaces of the subscription that the caller may read."""
    known = known_subscription(services, subscription)
    keep = await visible(services, caller, READ, f"/subscriptions/{known}")

    async def fetch(after: str | None, limit: int) -> list[Workspace]:
        async with services.database.reading() as tx:
            return await tx.workspaces.page_subscription(known, after, limit)

    found = await collect(
        page, fetch, lambda each: keep(each.arm_id), lambda workspace: workspace.id
    )
    return _list(request, services, page, found, by_id=True)


@router.get(_IN_GROUP, name="list_workspaces", responses=gives(WorkspaceList))
async def list_in_group(
    request: Request,
    caller: Caller,
    page: Wanted,
    subscription: str,
    group: str,
    services: Provided,
) -> dict[str, Any]:
    """Workspaces of a resource group that the caller may read."""
    known = known_subscription(services, subscription)
    keep = await visible(services, caller, READ, f"/subscriptions/{known}/resourceGroups/{group}")
    async with services.database.reading() as tx:
        await find_group(tx, known, group)

    async def fetch(after: str | None, limit: int) -> list[Workspace]:
        async with services.database.reading() as tx:
            return await tx.workspaces.page_group(known, group, after, limit)

    found = await collect(
        page, fetch, lambda each: keep(each.arm_id), lambda workspace: workspace.name
    )
    return _list(request, services, page, found, by_id=False)


def _list(
    request: Request, services: Services, page: Page, found: list[Workspace], *, by_id: bool
) -> dict[str, Any]:
    return listing(
        request,
        services.settings,
        page,
        found,
        lambda workspace: render(workspace, services),
        lambda workspace: workspace.id if by_id else workspace.name,
    )


@router.get(_ONE, responses=gives(WorkspaceResource))
async def get_workspace(
    _caller: Reader, subscription: str, group: str, workspace: str, services: Provided
) -> Response:
    """One workspace."""
    async with services.database.reading() as tx:
        found = await find_workspace(tx, _place(services, subscription, group, workspace))
    return _reply(found, services)


@router.put(
    _ONE,
    name="put_workspace",
    responses=gives(WorkspaceResource, 200, 201),
    openapi_extra=GUARDED,
)
async def put(
    request: Request,
    caller: Changer,
    body: Annotated[WorkspaceBody, Depends(json_body(WorkspaceBody))],
    subscription: str,
    group: str,
    workspace: str,
    services: Provided,
) -> Response:
    """Create or replace; done when it answers, since a workspace is a row."""
    place = _place(services, subscription, group, workspace)
    draft = draft_of(body, services)
    writer = writer_of(request, caller, services)
    written, created = await in_transaction(
        services,
        f"Workspace '{workspace}'",
        lambda tx: put_workspace(
            tx, place, draft, writer, lambda current: etag.check(request, current)
        ),
    )
    return _reply(written, services, status=201 if created else 200)


@router.patch(
    _ONE, name="patch_workspace", responses=gives(WorkspaceResource), openapi_extra=GUARDED
)
async def patch(
    request: Request,
    caller: Changer,
    body: Annotated[WorkspacePatch, Depends(json_body(WorkspacePatch))],
    subscription: str,
    group: str,
    workspace: str,
    services: Provided,
) -> Response:
    """Change what the body names."""
    place = _place(services, subscription, group, workspace)
    tags, identity, properties = checked_patch(body)
    writer = writer_of(request, caller, services)
    async with services.database.transaction() as tx:
        stored = await find_workspace(tx, place)
        etag.check(request, stored.etag)
        wanted = replace(
            stored,
            tags=stored.tags if tags is None else tags,
            identity=stored.identity if body.identity is None else identity,
            properties={**stored.properties, **properties},
        )
        written = await change_workspace(tx, stored, wanted, writer)
        await log_write(tx, writer, written)
    return _reply(written, services)


@router.delete(
    _ONE,
    name="delete_workspace",
    responses=begins(202) | empty(204),
    openapi_extra=GUARDED,
)
async def delete(
    request: Request,
    caller: Annotated[Principal, Depends(authorized(DELETE))],
    subscription: str,
    group: str,
    workspace: str,
    services: Provided,
) -> Response:
    """Begin to delete the workspace and its computes; 204 where there is none.

    `forceToPurge` is accepted: there is no soft delete that it could skip.
    """
    place = _place(services, subscription, group, workspace)
    async with services.database.transaction() as tx:
        stored = await tx.workspaces.get(place.subscription, place.group, place.name)
        etag.check(request, stored.etag if stored else None)
        if stored is None:
            return Response(status_code=204)
        operation = await delete_workspace(tx, stored, writer_of(request, caller, services))
    point("api.workspace_delete.committed")
    services.hint()
    headers = operation_headers(request, services.settings, operation, location=True)
    return Response(status_code=202, headers=headers)


@router.post(f"{_ONE}/listKeys", name="list_workspace_keys", responses=gives(WorkspaceKeys))
async def list_keys(
    _caller: Annotated[Principal, Depends(authorized(LIST_KEYS))],
    subscription: str,
    group: str,
    workspace: str,
    services: Provided,
) -> Response:
    """Keys of the associated resources: there are none, and each field says so."""
    async with services.database.reading() as tx:
        await find_workspace(tx, _place(services, subscription, group, workspace))
    keys = (
        "userStorageKey",
        "userStorageResourceId",
        "appInsightsInstrumentationKey",
        "containerRegistryCredentials",
        "notebookAccessKeys",
    )
    return JSONResponse(dict.fromkeys(keys), headers={"Cache-Control": "no-store"})


def _reply(workspace: Workspace, services: Services, *, status: int = 200) -> Response:
    headers = {"ETag": etag.quoted(workspace.etag)}
    return JSONResponse(render(workspace, services), status, headers)
