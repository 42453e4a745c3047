"""Routes of compute instances in Azure's own words."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.arm import etag
from studiolo.api.arm.bodies import json_body
from studiolo.api.arm.operations import RETRY_SECONDS, operation_headers
from studiolo.api.arm.paging import Page, listing, requested_page
from studiolo.api.computes import service, unsupported
from studiolo.api.computes.lookup import (
    COMPUTE_PATH,
    COMPUTES_PATH,
    WORKSPACE_PATH,
    WorkspaceNamed,
    workspace_of,
)
from studiolo.api.computes.models import ComputeBody, NameCheck, SsoSettings
from studiolo.api.computes.rendering import View
from studiolo.api.computes.service import ComputeService, Outcome, name_availability
from studiolo.api.computes.wanted import COMPUTE_TYPE
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.arm import Nothing
from studiolo.api.schema.computes import (
    ComputeList,
    ComputeNodes,
    ComputeResource,
    NameAvailability,
)
from studiolo.api.schema.saying import GUARDED, begins, empty, gives
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_location, known_subscription
from studiolo.domain.errors import InvalidInput
from studiolo.domain.resources import Compute, Operation, Principal
from studiolo.domain.states import TRANSIENT, Event, State

router = APIRouter(tags=["computes"])

Reader = Annotated[Principal, Depends(authorized(service.READ))]
Writer = Annotated[Principal, Depends(authorized(service.WRITE))]
Deleter = Annotated[Principal, Depends(authorized(service.DELETE))]
NodeLister = Annotated[
    Principal,
    Depends(authorized("Microsoft.MachineLearningServices/workspaces/computes/listNodes/action")),
]
SsoSetter = Annotated[
    Principal,
    Depends(authorized("Microsoft.MachineLearningServices/workspaces/computes/enableSso/action")),
]
NameChecker = Annotated[
    Principal,
    Depends(
        authorized(
            "Microsoft.MachineLearningServices/workspaces/checkComputeNameAvailability/action"
        )
    ),
]
Body = Annotated[ComputeBody, Depends(json_body(ComputeBody))]


@router.get(COMPUTES_PATH, responses=gives(ComputeList))
async def list_computes(
    _caller: Reader,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    page: Annotated[Page, Depends(requested_page)],
    compute_type: Annotated[str | None, Query(alias="computeType", max_length=64)] = None,
) -> dict[str, Any]:
    """A page of a workspace's computes, by name."""
    if "$filter" in request.query_params:
        raise unsupported.refuse("$filter", "$filter", "Filter with computeType, or the result.")
    async with services.database.reading() as tx:
        workspace = await workspace_of(tx, named)
        found = await tx.computes.page(workspace.id, page.after, page.top + 1)
    if compute_type is not None and compute_type.lower() != COMPUTE_TYPE.lower():
        found = []
    view = await View.of(request, services, workspace.location)
    return listing(request, services.settings, page, found, view.render, lambda each: each.name)


@router.get(COMPUTE_PATH, responses=gives(ComputeResource))
async def get_compute(
    caller: Reader, request: Request, services: Provided, named: WorkspaceNamed, compute: str
) -> Response:
    """One compute."""
    found = await ComputeService(services, request, caller, named, compute).get()
    return await resource(request, services, found)


@router.put(
    COMPUTE_PATH,
    responses=gives(ComputeResource) | begins(201, ComputeResource),
    openapi_extra=GUARDED,
)
async def put_compute(
    caller: Writer,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    body: Body,
) -> Response:
    """Create a compute, or bring an existing one to what the body says."""
    outcome = await ComputeService(services, request, caller, named, compute).put(body)
    return await put_reply(request, services, outcome)


@router.patch(COMPUTE_PATH, responses=gives(ComputeResource), openapi_extra=GUARDED)
async def patch_compute(
    caller: Writer,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    body: Body,
) -> Response:
    """Change tags, description, schedules or idle shutdown."""
    after = await ComputeService(services, request, caller, named, compute).patch(body)
    return await resource(request, services, after)


@router.delete(COMPUTE_PATH, responses=begins(202) | empty(204), openapi_extra=GUARDED)
async def delete_compute(
    caller: Deleter,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    action: Annotated[str, Query(alias="underlyingResourceAction", max_length=64)] = "Delete",
) -> Response:
    """Delete a compute with its machine; the workspace's file share stays."""
    _check_delete(action)
    operation = await ComputeService(services, request, caller, named, compute).delete()
    if operation is None:
        return Response(status_code=204)
    return accepted(request, services, operation)


def _check_delete(action: str) -> None:
    target = "underlyingResourceAction"
    if action.lower() == "detach":
        raise unsupported.refuse(
            "Detaching a compute instance", target, "Its machine goes with it: say 'Delete'."
        )
    if action.lower() != "delete":
        raise InvalidInput(f"'{target}' is 'Delete' or 'Detach'.", target=target)


def _offer(event: Event, action: str, told: str) -> None:
    """Add the route of an action that has no body and ends by an operation.

    :param action: the ARM action that a caller must hold.
    """

    @router.post(
        f"{COMPUTE_PATH}/{event.value}",
        name=f"{event.value}_compute",
        description=told,
        responses=begins(202),
        openapi_extra=GUARDED,
    )
    async def act(
        caller: Annotated[Principal, Depends(authorized(action))],
        request: Request,
        services: Provided,
        named: WorkspaceNamed,
        compute: str,
    ) -> Response:
        asked = ComputeService(services, request, caller, named, compute)
        return accepted(request, services, await asked.ask(event, action))


_offer(Event.START, service.START, "Start a stopped compute.")
_offer(Event.STOP, service.STOP, "Stop a running compute; its disk and its quota stay.")
_offer(Event.RESTART, service.RESTART, "Stop and start a compute.")


@router.post(f"{COMPUTE_PATH}/listNodes", responses=gives(ComputeNodes))
async def list_nodes(
    caller: NodeLister, request: Request, services: Provided, named: WorkspaceNamed, compute: str
) -> dict[str, Any]:
    """The one node of a compute instance, while it has one."""
    found = await ComputeService(services, request, caller, named, compute).get()
    return {"nodes": _nodes(found)}


_NODE_STATES = {
    State.CREATING: "preparing",
    State.SETTING_UP: "preparing",
    State.STARTING: "preparing",
    State.RESTARTING: "preparing",
    State.RESIZING: "running",
    State.RUNNING: "running",
    State.STOPPING: "leaving",
    State.DELETING: "leaving",
    State.UNUSABLE: "unusable",
}
"""Azure's `nodeState` by instance state; a stopped instance has no node."""


def _nodes(compute: Compute) -> list[dict[str, Any]]:
    state = _NODE_STATES.get(compute.state)
    if state is None:
        return []
    node = {"privateIpAddress": None, "publicIpAddress": None, "port": None, "runId": None}
    return [{"nodeId": compute.id, "nodeState": state, **node}]


@router.post(f"{COMPUTE_PATH}/enableSso", responses=gives(Nothing))
async def enable_sso(
    caller: SsoSetter,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    body: Annotated[SsoSettings, Depends(json_body(SsoSettings))],
) -> dict[str, Any]:
    """Single sign-on is always on; turning it off is refused."""
    await ComputeService(services, request, caller, named, compute).get()
    if not body.enable_sso:
        raise unsupported.refuse("Turning single sign-on off", "enableSSO")
    return {}


@router.post(f"{WORKSPACE_PATH}/checkComputeNameAvailability", responses=gives(NameAvailability))
async def check_name_in_workspace(
    _caller: NameChecker,
    services: Provided,
    named: WorkspaceNamed,
    body: Annotated[NameCheck, Depends(json_body(NameCheck))],
) -> dict[str, Any]:
    """Whether a name is free in the workspace's region."""
    async with services.database.reading() as tx:
        workspace = await workspace_of(tx, named)
    return await _availability(services, workspace.location, body.name)


@router.post(
    "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices"
    "/locations/{location}/checkComputeNameAvailability",
    responses=gives(NameAvailability),
)
async def check_name_in_location(
    _caller: NameChecker,
    services: Provided,
    subscription: str,
    location: str,
    body: Annotated[NameCheck, Depends(json_body(NameCheck))],
) -> dict[str, Any]:
    """Whether a name is free in a region."""
    known_subscription(services, subscription)
    region = known_location(services, location, "Microsoft.MachineLearningServices/locations")
    return await _availability(services, region, body.name)


async def _availability(services: Services, location: str, name: str) -> dict[str, Any]:
    free, reason, message = await name_availability(services, location, name)
    return {"nameAvailable": free, "reason": reason, "message": message}


async def resource(request: Request, services: Services, compute: Compute) -> Response:
    """The reply that is the instance."""
    headers = {"ETag": etag.quoted(compute.etag)}
    if compute.state in TRANSIENT:
        # A client that polls the resource itself waits 30 seconds without this.
        headers["Retry-After"] = str(RETRY_SECONDS)
    view = await View.of(request, services, compute.location)
    return JSONResponse(view.render(compute), headers=headers)


async def put_reply(request: Request, services: Services, outcome: Outcome) -> Response:
    """The reply to a PUT, or to another way of creating an instance."""
    reply = await resource(request, services, outcome.compute)
    if outcome.operation is not None:
        reply.status_code = 201
        reply.headers.update(
            operation_headers(request, services.settings, outcome.operation, location=False)
        )
    return reply


def accepted(request: Request, services: Services, operation: Operation) -> Response:
    """The reply to an action that ends by `operation`."""
    headers = operation_headers(request, services.settings, operation, location=True)
    return Response(status_code=202, headers=headers)
