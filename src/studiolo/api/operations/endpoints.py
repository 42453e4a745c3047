"""`computeOperationsStatus` and `computeOperationResults`.

An operation outlives its resource, so that a client which polls through a delete or a restart of
the control plane still learns the end. Who asked for it may poll it, and who may read its scope.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.arm.envelope import error_response
from studiolo.api.arm.operations import RETRY_SECONDS, operation_body, operation_headers
from studiolo.api.deps import Provided, SignedIn
from studiolo.api.schema.operations import OperationStatusResult
from studiolo.api.schema.saying import begins, empty, gives
from studiolo.api.services import Services
from studiolo.domain import members
from studiolo.domain.errors import Conflict, NotFound
from studiolo.domain.resources import Operation, OperationStatus, Principal

router = APIRouter(tags=["operations"])

_LOCATION = (
    "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
)

Caller = Annotated[Principal, Depends(SignedIn())]

_ID_MAX = 64


@router.get(
    f"{_LOCATION}/computeOperationsStatus/{{operation}}",
    name="get_compute_operation_status",
    responses=gives(OperationStatusResult),
)
@router.get(
    f"{_LOCATION}/workspaceOperationsStatus/{{operation}}",
    name="get_workspace_operation_status",
    responses=gives(OperationStatusResult),
)
async def operation_status(
    caller: Caller, services: Provided, subscription: str, location: str, operation: str
) -> Response:
    """How an operation stands: always 200; `status` tells."""
    found = await _find(services, caller, subscription, location, operation)
    return JSONResponse(operation_body(found), headers={"Retry-After": str(RETRY_SECONDS)})


@router.get(
    f"{_LOCATION}/computeOperationResults/{{operation}}",
    name="get_compute_operation_result",
    responses=begins(202) | empty(204),
)
@router.get(
    f"{_LOCATION}/workspaceOperationResults/{{operation}}",
    name="get_workspace_operation_result",
    responses=begins(202) | empty(204),
)
async def operation_result(
    caller: Caller,
    request: Request,
    services: Provided,
    subscription: str,
    location: str,
    operation: str,
) -> Response:
    """202 while it runs, 204 when it has succeeded, its error when it has not."""
    found = await _find(services, caller, subscription, location, operation)
    if found.status is OperationStatus.IN_PROGRESS:
        headers = operation_headers(request, services.settings, found, location=True)
        return Response(status_code=202, headers=headers)
    if found.status is OperationStatus.SUCCEEDED:
        return Response(status_code=204)
    error: dict[str, Any] = operation_body(found).get("error", {})
    return error_response(
        Conflict(
            error.get("message", "The operation has failed."),
            code=error.get("code", "OperationFailed"),
            target=found.scope,
        )
    )


async def _find(
    services: Services, caller: Principal, subscription: str, location: str, operation_id: str
) -> Operation:
    """The operation, if the caller may know of it.

    :raises NotFound: there is none, or none for this caller.
    """
    found = None
    if len(operation_id) <= _ID_MAX:
        async with services.database.reading() as tx:
            found = await tx.operations.get(operation_id.lower())
    if (
        found is None
        or found.subscription.lower() != subscription.lower()
        or found.location.lower() != location.lower()
        or not await _may_know(services, caller, found)
    ):
        raise NotFound(f"There is no operation '{operation_id[:_ID_MAX]}' here.", target="id")
    return found


async def _may_know(services: Services, caller: Principal, operation: Operation) -> bool:
    if operation.principal == caller.id:
        return True
    action = f"Microsoft.MachineLearningServices/{_kind(operation)}/read"
    return await services.identity.may(caller, action, operation.scope)


def _kind(operation: Operation) -> str:
    if operation.kind in members.KINDS:
        return "locations/members"
    return "workspaces/computes" if "/computes/" in operation.scope else "workspaces"
