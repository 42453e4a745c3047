"""Role assignments: put, get, list, delete at any scope."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy.exc import IntegrityError
from starlette.responses import JSONResponse, Response

from studiolo.api.arm.bodies import ArmModel, json_body
from studiolo.api.arm.rendering import instant
from studiolo.api.authorization import scopes
from studiolo.api.authorization.definitions import definition_id
from studiolo.api.authorization.filters import Filter, read_filter
from studiolo.api.deps import Provided, authorized
from studiolo.api.identity.service import correlation_of, identity_of
from studiolo.api.schema.authorization import RoleAssignmentList, RoleAssignmentResource
from studiolo.api.schema.saying import asks, empty, gives
from studiolo.api.services import Services
from studiolo.domain.access import fold
from studiolo.domain.errors import Conflict, InvalidInput, NotFound
from studiolo.domain.resources import ActivityEntry, Principal, RoleAssignment
from studiolo.domain.roles import BUILT_IN, OWNER
from studiolo.store.transaction import Transaction

router = APIRouter()

TYPE = "Microsoft.Authorization/roleAssignments"
READ = f"{TYPE}/read"
WRITE = f"{TYPE}/write"
DELETE = f"{TYPE}/delete"

_LIST = "/{scope:path}/providers/" + TYPE
_ONE = _LIST + "/{assignment}"

_FILTER = asks("$filter", "`atScope()`, `assignedTo('id')` or `principalId eq 'id'`.")

Reader = Annotated[Principal, Depends(authorized(READ))]
Writer = Annotated[Principal, Depends(authorized(WRITE))]
Remover = Annotated[Principal, Depends(authorized(DELETE))]


class AssignmentProperties(ArmModel):
    """What is assigned to whom. The fields after the first three are known and not supported."""

    role_definition_id: str = Field(max_length=500)
    principal_id: str = Field(max_length=100)
    principal_type: str | None = None
    scope: str | None = None
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None
    can_delegate: bool | None = None
    delegated_managed_identity_resource_id: str | None = None


class AssignmentBody(ArmModel):
    """Body of a PUT."""

    properties: AssignmentProperties


def filtered(request: Request) -> Filter:
    """FastAPI dependency: the filter of a list of role assignments."""
    return read_filter(
        request,
        fields=frozenset({"principalid"}),
        functions=frozenset({"atscope", "assignedto"}),
    )


@router.get(_LIST, responses=gives(RoleAssignmentList), openapi_extra=_FILTER)
async def list_assignments(
    scope: str, _caller: Reader, services: Provided, wanted: Annotated[Filter, Depends(filtered)]
) -> dict[str, Any]:
    """Assignments that apply at a scope and, without `atScope()`, those below it too."""
    async with services.database.reading() as tx:
        found = await tx.roles.applying_at("/" + scope)
        if "atscope" not in wanted.functions:
            found += await tx.roles.below("/" + scope)
    whose = wanted.equals.get("principalid") or wanted.functions.get("assignedto")
    return {
        "value": [
            _rendered(services, each)
            for each in found
            if whose is None or each.principal == whose.lower()
        ]
    }


@router.get(_ONE, responses=gives(RoleAssignmentResource))
async def get_assignment(
    scope: str, assignment: str, _caller: Reader, services: Provided
) -> dict[str, Any]:
    """One assignment."""
    async with services.database.reading() as tx:
        found = await _at_scope(tx, scope, assignment)
    if found is None:
        raise NotFound(
            f"The role assignment '{assignment[:80]}' is not found at this scope.",
            code="RoleAssignmentNotFound",
        )
    return _rendered(services, found)


@router.put(_ONE, responses=gives(RoleAssignmentResource, 200, 201))
async def put_assignment(
    scope: str,
    assignment: str,
    request: Request,
    caller: Writer,
    services: Provided,
    body: Annotated[AssignmentBody, Depends(json_body(AssignmentBody))],
) -> Response:
    """Assign a role; 201 when it is new, 200 when it is there already."""
    wanted = body.properties
    _refuse_unsupported(wanted)
    name = _guid(assignment)
    role = _role(wanted.role_definition_id)
    try:
        async with services.database.transaction() as tx:
            resource = await scopes.resolve(tx, services.deployment.subscription, scope)
            holder = await _holder(tx, wanted)
            fresh = RoleAssignment(
                id=name,
                scope=resource,
                role_definition=role,
                principal=holder.id,
                principal_kind=holder.kind,
                created_at=services.clock(),
                created_by=caller.id,
            )
            present = await tx.roles.get(name)
            if present is not None:
                return JSONResponse(_rendered(services, _unchanged(present, fresh)), 200)
            await _refuse_twice(tx, fresh)
            await tx.roles.add(fresh)
            detail = f"{BUILT_IN[role].name} for {holder.name}"
            await _note(tx, services, request, caller, WRITE, resource, detail)
    except IntegrityError:
        raise Conflict("The role assignment already exists.", code="RoleAssignmentExists") from None
    return JSONResponse(_rendered(services, fresh), 201)


@router.delete(_ONE, responses=gives(RoleAssignmentResource) | empty(204))
async def delete_assignment(
    scope: str, assignment: str, request: Request, caller: Remover, services: Provided
) -> Response:
    """Take a role away; 204 when there is no such assignment at the scope.

    :raises Conflict: it is the subscription's last Owner.
    """
    async with services.database.transaction() as tx:
        found = await _at_scope(tx, scope, assignment)
        if found is None:
            return Response(status_code=204)
        await _keep_an_owner(tx, services, found)
        await tx.roles.remove(found.id)
        role = BUILT_IN.get(found.role_definition)
        detail = f"{role.name if role else found.role_definition} of {found.principal}"
        await _note(tx, services, request, caller, DELETE, found.scope, detail)
    identity_of(request).endings.announce(found.principal)
    return JSONResponse(_rendered(services, found), 200)


async def _at_scope(tx: Transaction, scope: str, assignment: str) -> RoleAssignment | None:
    found = await tx.roles.get(assignment.lower())
    return found if found is not None and fold(found.scope) == fold(scope) else None


def _guid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise InvalidInput(
            f"The role assignment ID '{text[:80]}' is not valid: it must be a GUID.",
            code="InvalidRoleAssignmentId",
        ) from None


def _role(definition: str) -> str:
    role = definition.rstrip("/").rpartition("/")[2].lower()
    if role not in BUILT_IN:
        raise InvalidInput(
            f"The specified role definition '{role[:80]}' does not exist. List roleDefinitions to "
            "see which do.",
            code="RoleDefinitionDoesNotExist",
            target="properties.roleDefinitionId",
        )
    return role


async def _holder(tx: Transaction, wanted: AssignmentProperties) -> Principal:
    found = await tx.principals.get(wanted.principal_id)
    if found is None:
        raise InvalidInput(
            f"Principal '{wanted.principal_id}' does not exist in this deployment. Give the object "
            "id of a user or service principal.",
            code="PrincipalNotFound",
            target="properties.principalId",
        )
    kind = wanted.principal_type
    if kind is not None and kind.lower() != found.kind.value.lower():
        raise InvalidInput(
            f"The principal '{found.id}' is of type '{found.kind}', not '{kind[:40]}'.",
            code="UnmatchedPrincipalType",
            target="properties.principalType",
        )
    return found


def _refuse_unsupported(wanted: AssignmentProperties) -> None:
    for name, value in (
        ("description", wanted.description),
        ("condition", wanted.condition),
        ("canDelegate", wanted.can_delegate),
        ("delegatedManagedIdentityResourceId", wanted.delegated_managed_identity_resource_id),
    ):
        if value:
            raise InvalidInput(
                f"'{name}' of a role assignment is not supported by this version of Studiolo. "
                "Leave it out.",
                code="UnsupportedFeature",
                target=f"properties.{name}",
            )


def _unchanged(present: RoleAssignment, wanted: RoleAssignment) -> RoleAssignment:
    same = (
        fold(present.scope) == fold(wanted.scope)
        and present.role_definition == wanted.role_definition
        and present.principal == wanted.principal
    )
    if not same:
        raise InvalidInput(
            "Role, principal and scope of a role assignment cannot be changed. Delete it and make "
            "a new one.",
            code="RoleAssignmentUpdateNotPermitted",
        )
    return present


async def _refuse_twice(tx: Transaction, wanted: RoleAssignment) -> None:
    for each in await tx.roles.held_by(wanted.principal):
        if (
            fold(each.scope) == fold(wanted.scope)
            and each.role_definition == wanted.role_definition
        ):
            raise Conflict(
                f"The role assignment already exists. The ID of the existing role assignment is "
                f"{each.id}.",
                code="RoleAssignmentExists",
            )


async def _keep_an_owner(tx: Transaction, services: Services, going: RoleAssignment) -> None:
    subscription = f"/subscriptions/{services.deployment.subscription}"
    if going.role_definition != OWNER.id or fold(going.scope) != fold(subscription):
        return
    owners = await tx.roles.lock(subscription, OWNER.id)
    others = [each.principal for each in owners if each.id != going.id]
    if not any(not each.disabled for each in await tx.principals.by_ids(others)):
        raise Conflict(
            "This is the last Owner of the subscription; without one nobody could grant access any "
            "more. Make somebody else Owner first."
        )


async def _note(
    tx: Transaction,
    services: Services,
    request: Request,
    caller: Principal,
    action: str,
    scope: str,
    detail: str,
) -> None:
    await tx.activity.add(
        ActivityEntry(
            at=services.clock(),
            principal=caller.id,
            principal_name=caller.name,
            operation=action,
            scope=scope,
            status="Succeeded",
            correlation=correlation_of(request),
            detail=detail,
        )
    )


def _rendered(services: Services, assignment: RoleAssignment) -> dict[str, Any]:
    role = definition_id(services.deployment.subscription, assignment.role_definition)
    return {
        "id": f"{assignment.scope}/providers/{TYPE}/{assignment.id}",
        "name": assignment.id,
        "type": TYPE,
        "properties": {
            "roleDefinitionId": role,
            "principalId": assignment.principal,
            "principalType": assignment.principal_kind.value,
            "scope": assignment.scope,
            "condition": None,
            "conditionVersion": None,
            "createdOn": instant(assignment.created_at),
            "updatedOn": instant(assignment.created_at),
            "createdBy": assignment.created_by,
            "updatedBy": assignment.created_by,
        },
    }
