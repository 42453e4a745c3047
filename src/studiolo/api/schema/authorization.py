"""Role definitions and role assignments."""

from typing import Literal

from studiolo.api.schema.arm import Resource
from studiolo.api.schema.base import Answer, Instant
from studiolo.domain.resources import PrincipalKind


class RolePermission(Answer):
    """What a role allows, with `*` for anything, and what of that it does not."""

    actions: list[str]
    not_actions: list[str]
    data_actions: list[str]
    not_data_actions: list[str]


class RoleDefinitionProperties(Answer):
    """A role of Azure's."""

    role_name: str
    type: Literal["BuiltInRole"]
    description: str
    assignable_scopes: list[str]
    permissions: list[RolePermission]


class RoleDefinitionResource(Resource):
    """A role."""

    properties: RoleDefinitionProperties


class RoleDefinitionList(Answer):
    """All roles that the filter lets pass."""

    value: list[RoleDefinitionResource]


class RoleAssignmentProperties(Answer):
    """Who has which role where; ids of principals are their object ids."""

    role_definition_id: str
    principal_id: str
    principal_type: PrincipalKind
    scope: str
    condition: None
    condition_version: None
    created_on: Instant
    updated_on: Instant
    created_by: str
    updated_by: str


class RoleAssignmentResource(Resource):
    """A role that a principal has at a scope and below."""

    properties: RoleAssignmentProperties


class RoleAssignmentList(Answer):
    """The assignments that apply at a scope, and those below it."""

    value: list[RoleAssignmentResource]
