"""Routes of deployments.

ARM knows the list of a deployment's operations by two paths; the SDK uses the older one.
"""

import uuid
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.arm.operations import RETRY_SECONDS
from studiolo.api.arm.origin import api_origin
from studiolo.api.arm.paging import Page, listing, requested_page
from studiolo.api.deployments.bodies import DeploymentBody, DeploymentReader
from studiolo.api.deployments.plan import Plan, authorize, make_plan, with_addresses
from studiolo.api.deployments.rendering import (
    render,
    render_operation,
    render_validated,
    render_what_if,
)
from studiolo.api.deployments.service import DELETE, WRITE, Deploying, operations_of
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.deployments import (
    DeploymentList,
    DeploymentOperationList,
    DeploymentResource,
    DeploymentStatus,
    DeploymentValidated,
    WhatIfResult,
)
from studiolo.api.schema.saying import begins, empty, gives
from studiolo.api.services import Services
from studiolo.api.subscriptions.retry import in_transaction
from studiolo.api.subscriptions.scope import known_subscription
from studiolo.api.workspaces.endpoints import writer_of
from studiolo.api.workspaces.service import find_group
from studiolo.domain.deployments import DeployedResource, TemplateDeployment
from studiolo.domain.errors import NotFound
from studiolo.domain.resources import Operation, Principal
from studiolo.faults import point
from studiolo.store.transaction import Transaction

router = APIRouter(tags=["deployments"])

READ = "Microsoft.Resources/deployments/read"
READ_OPERATIONS = "Microsoft.Resources/deployments/operations/read"
READ_STATUS = "Microsoft.Resources/deployments/operationstatuses/read"
VALIDATE = "Microsoft.Resources/deployments/validate/action"
WHAT_IF = "Microsoft.Resources/deployments/whatIf/action"

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_ALL = f"{_GROUP}/providers/Microsoft.Resources/deployments"
_ONE = f"{_ALL}/{{deployment}}"

Reader = Annotated[Principal, Depends(authorized(READ))]
OperationReader = Annotated[Principal, Depends(authorized(READ_OPERATIONS))]
StatusReader = Annotated[Principal, Depends(authorized(READ_STATUS))]
Changer = Annotated[Principal, Depends(authorized(WRITE))]
Wanted = Annotated[Page, Depends(requested_page)]
Body = Annotated[DeploymentBody, Depends(DeploymentReader())]


@dataclass(frozen=True, slots=True)
class Target:
    """The deployment a path names; also the FastAPI dependency that reads the path."""

    subscription: str
    group: str
    deployment: str


class _RolledBackError(Exception):
    """Ends a transaction that was only tried, with what it would have made."""

    def __init__(self, resources: tuple[DeployedResource, ...]) -> None:
        self.resources = resources


@router.get(_ALL, responses=gives(DeploymentList))
async def list_deployments(
    request: Request,
    _caller: Reader,
    page: Wanted,
    subscription: str,
    group: str,
    services: Provided,
) -> dict[str, Any]:
    """Deployments of a group."""
    known = known_subscription(services, subscription)
    async with services.database.reading() as tx:
        await find_group(tx, known, group)
        found = await tx.deployments.page(known, group, page.after, page.top + 1)
        pairs = [(each, await operations_of(tx, each.resources)) for each in found]
    now = services.clock()
    return listing(
        request,
        services.settings,
        page,
        pairs,
        lambda pair: render(pair[0], pair[1], now),
        lambda pair: pair[0].name,
    )


@router.get(_ONE, responses=gives(DeploymentResource))
async def get_deployment(
    _caller: Reader, subscription: str, group: str, deployment: str, services: Provided
) -> Response:
    """One deployment."""
    found, operations = await _look(services, subscription, group, deployment)
    return JSONResponse(render(found, operations, services.clock()))


@router.head(_ONE, responses=empty(204, 404))
async def has_deployment(
    _caller: Reader, subscription: str, group: str, deployment: str, services: Provided
) -> Response:
    """204 if the deployment is there, else 404."""
    try:
        await _look(services, subscription, group, deployment)
    except NotFound:
        return Response(status_code=404)
    return Response(status_code=204)


@router.get(
    f"{_ONE}/operations",
    name="list_deployment_operations",
    responses=gives(DeploymentOperationList),
)
@router.get(
    f"{_GROUP}/deployments/{{deployment}}/operations",
    name="list_deployment_operations_by_old_path",
    responses=gives(DeploymentOperationList),
)
async def list_operations(
    _caller: OperationReader, subscription: str, group: str, deployment: str, services: Provided
) -> dict[str, Any]:
    """What the deployment did to each resource; at most 800, so on one page."""
    found, operations = await _look(services, subscription, group, deployment)
    now = services.clock()
    return {
        "value": [
            render_operation(found, index, resource, operation, now)
            for index, (resource, operation) in enumerate(
                zip(found.resources, operations, strict=True)
            )
        ]
    }


@router.get(
    f"{_ONE}/operationStatuses/{{operation}}",
    name="get_deployment_status",
    responses=gives(DeploymentStatus),
)
async def operation_status(
    _caller: StatusReader,
    subscription: str,
    group: str,
    deployment: str,
    operation: str,
    services: Provided,
) -> Response:
    """How far the deployment is, for a client that polls."""
    found, operations = await _look(services, subscription, group, deployment)
    if operation != found.etag:
        raise NotFound(
            f"Deployment '{deployment[:80]}' was written again since; poll its newer operation."
        )
    properties = render(found, operations, services.clock())["properties"]
    body: dict[str, Any] = {"status": properties["provisioningState"]}
    if "error" in properties:
        body["error"] = properties["error"]
    return JSONResponse(body, headers={"Retry-After": str(RETRY_SECONDS)})


@router.put(
    _ONE,
    name="put_deployment",
    responses=begins(200, DeploymentResource) | begins(201, DeploymentResource),
)
async def put(
    request: Request,
    caller: Changer,
    body: Body,
    target: Annotated[Target, Depends(Target)],
    services: Provided,
) -> Response:
    """Deploy: everything the template asks for is stored when this answers, or nothing is."""
    deploying, plan = await _prepare(request, caller, services, target, body)

    async def attempt(
        tx: Transaction,
    ) -> tuple[TemplateDeployment, bool, list[Operation | None]]:
        stored, created = await deploying.store(tx, body, plan)
        return stored, created, await operations_of(tx, stored.resources)

    what = f"Deployment '{target.deployment}'"
    stored, created, operations = await in_transaction(services, what, attempt)
    point("api.deploy.committed")
    services.hint()
    version = request.query_params.get("api-version", "2021-04-01")
    origin = api_origin(request, services.settings)
    headers = {
        "Azure-AsyncOperation": (
            f"{origin}{stored.arm_id}/operationStatuses/{stored.etag}?api-version={version}"
        ),
        "Retry-After": str(RETRY_SECONDS),
    }
    return JSONResponse(
        render(stored, operations, services.clock()), 201 if created else 200, headers
    )


@router.post(f"{_ONE}/validate", name="validate_deployment", responses=gives(DeploymentValidated))
async def validate(
    request: Request,
    caller: Annotated[Principal, Depends(authorized(VALIDATE))],
    body: Body,
    target: Annotated[Target, Depends(Target)],
    services: Provided,
) -> dict[str, Any]:
    """Hold the deployment against everything a PUT would, quota and names too; change nothing."""
    deploying, plan = await _prepare(request, caller, services, target, body)
    await _try(deploying, plan)
    return render_validated(deploying.arm_id, target.deployment, plan, services.clock())


@router.post(f"{_ONE}/whatIf", name="what_if_deployment", responses=gives(WhatIfResult))
async def what_if(
    request: Request,
    caller: Annotated[Principal, Depends(authorized(WHAT_IF))],
    body: Body,
    target: Annotated[Target, Depends(Target)],
    services: Provided,
) -> dict[str, Any]:
    """What a PUT would create; existing resources are named, without a comparison of fields."""
    deploying, plan = await _prepare(request, caller, services, target, body)
    return render_what_if(plan, await _try(deploying, plan))


@router.delete(_ONE, name="delete_deployment", responses=empty(204))
async def delete(
    _caller: Annotated[Principal, Depends(authorized(DELETE))],
    subscription: str,
    group: str,
    deployment: str,
    services: Provided,
) -> Response:
    """Forget the deployment; what it made stays."""
    known = known_subscription(services, subscription)
    async with services.database.transaction() as tx:
        found = await tx.deployments.get(known, group, deployment)
        if found is not None:
            await tx.deployments.remove(found.id)
    return Response(status_code=204)


async def _prepare(
    request: Request,
    caller: Principal,
    services: Services,
    target: Target,
    body: DeploymentBody,
) -> tuple[Deploying, Plan]:
    """Everything that needs no transaction: the template, each body, each right."""
    known = known_subscription(services, target.subscription)
    async with services.database.reading() as tx:
        group = await find_group(tx, known, target.group)
    plan = make_plan(services, group, target.deployment, body, str(uuid.uuid4()))
    await authorize(services, caller, plan)
    plan = await with_addresses(services, plan)
    writer = writer_of(request, caller, services)
    return Deploying(services, request, writer, group, target.deployment), plan


async def _try(deploying: Deploying, plan: Plan) -> tuple[DeployedResource, ...]:
    """Write everything and take it back, so that only a commit is missing from what was checked."""
    try:
        async with deploying.services.database.transaction() as tx:
            raise _RolledBackError(await deploying.apply(tx, plan))
    except _RolledBackError as tried:
        return tried.resources


async def _look(
    services: Services, subscription: str, group: str, name: str
) -> tuple[TemplateDeployment, list[Operation | None]]:
    known = known_subscription(services, subscription)
    async with services.database.reading() as tx:
        found = await _find(tx, known, group, name)
        return found, await operations_of(tx, found.resources)


async def _find(tx: Transaction, subscription: str, group: str, name: str) -> TemplateDeployment:
    await find_group(tx, subscription, group)
    found = await tx.deployments.get(subscription, group, name)
    if found is None:
        raise NotFound(
            f"Deployment '{name[:80]}' could not be found.",
            code="DeploymentNotFound",
            target="deploymentName",
        )
    return found
