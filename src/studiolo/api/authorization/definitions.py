"""Role definitions: Azure's built-in ones, to be read."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from studiolo.api.authorization.filters import Filter, read_filter
from studiolo.api.deps import Provided, SignedIn, authorized
from studiolo.api.schema.authorization import RoleDefinitionList, RoleDefinitionResource
from studiolo.api.schema.saying import asks, gives
from studiolo.api.services import Services
from studiolo.domain.access import RoleDefinition
from studiolo.domain.errors import NotFound
from studiolo.domain.resources import Principal
from studiolo.domain.roles import BUILT_IN

router = APIRouter()

TYPE = "Microsoft.Authorization/roleDefinitions"
READ = "Microsoft.Authorization/roleDefinitions/read"

_LIST = f"/providers/{TYPE}"
_ONE = _LIST + "/{role}"

_FILTER = asks("$filter", "`roleName eq 'name'`, `type eq 'BuiltInRole'` or `atScopeAndBelow()`.")

SignedInCaller = Annotated[Principal, Depends(SignedIn())]
Reader = Annotated[Principal, Depends(authorized(READ))]


def filtered(request: Request) -> Filter:
    """FastAPI dependency: the filter of a list of role definitions."""
    return read_filter(
        request,
        fields=frozenset({"rolename", "type"}),
        functions=frozenset({"atscope", "atscopeandbelow"}),
    )


Filtered = Annotated[Filter, Depends(filtered)]


@router.get(
    _LIST,
    name="list_role_definitions",
    responses=gives(RoleDefinitionList),
    openapi_extra=_FILTER,
)
async def list_everywhere(
    _caller: SignedInCaller, services: Provided, wanted: Filtered
) -> dict[str, Any]:
    """All definitions; built-in ones are known to everybody."""
    return _listed(services, wanted)


@router.get(
    "/{scope:path}" + _LIST,
    name="list_role_definitions_at_scope",
    responses=gives(RoleDefinitionList),
    openapi_extra=_FILTER,
)
async def list_at_scope(_caller: Reader, services: Provided, wanted: Filtered) -> dict[str, Any]:
    """All definitions that can be assigned at a scope: the same everywhere."""
    return _listed(services, wanted)


@router.get(_ONE, name="get_role_definition", responses=gives(RoleDefinitionResource))
async def get_anywhere(role: str, _caller: SignedInCaller, services: Provided) -> dict[str, Any]:
    """One definition by id."""
    return _one(services, role)


@router.get(
    "/{scope:path}" + _ONE,
    name="get_role_definition_at_scope",
    responses=gives(RoleDefinitionResource),
)
async def get_at_scope(role: str, _caller: Reader, services: Provided) -> dict[str, Any]:
    """One definition by id."""
    return _one(services, role)


def definition_id(subscription: str, role: str) -> str:
    """ARM id of a definition, as role assignments refer to it."""
    return f"/subscriptions/{subscription}/providers/{TYPE}/{role}"


def _listed(services: Services, wanted: Filter) -> dict[str, Any]:
    name = wanted.equals.get("rolename")
    kind = wanted.equals.get("type", "BuiltInRole")
    roles = [
        role
        for role in BUILT_IN.values()
        if (name is None or role.name.lower() == name.lower()) and kind.lower() == "builtinrole"
    ]
    return {"value": [_rendered(services, role) for role in roles]}


def _one(services: Services, role: str) -> dict[str, Any]:
    found = BUILT_IN.get(role.lower())
    if found is None:
        raise NotFound(
            f"The role definition '{role[:80]}' does not exist. List roleDefinitions to see which "
            "do.",
            code="RoleDefinitionDoesNotExist",
            target="roleDefinitionId",
        )
    return _rendered(services, found)


def _rendered(services: Services, role: RoleDefinition) -> dict[str, Any]:
    return {
        "id": definition_id(services.deployment.subscription, role.id),
        "name": role.id,
        "type": TYPE,
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(permission.actions),
                    "notActions": list(permission.not_actions),
                    "dataActions": list(permission.data_actions),
                    "notDataActions": list(permission.not_data_actions),
                }
                for permission in role.permissions
            ],
        },
    }
