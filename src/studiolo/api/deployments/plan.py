"""From a deployment's body to the writes it comes to, each checked before any is made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.api.arm.bodies import parse
from studiolo.api.computes import wanted as wanted_values
from studiolo.api.computes.models import ComputeBody
from studiolo.api.computes.service import WRITE as COMPUTE_WRITE
from studiolo.api.computes.wanted import Wanted
from studiolo.api.deployments.associated import left_out_types, without_left_out
from studiolo.api.deployments.bodies import DeploymentBody
from studiolo.api.services import Services
from studiolo.api.workspaces.schemas import WorkspaceBody, WorkspaceDraft, draft_of
from studiolo.api.workspaces.service import WRITE as WORKSPACE_WRITE
from studiolo.api.workspaces.service import Named
from studiolo.domain.resources import Principal, ResourceGroup
from studiolo.domain.template import Place
from studiolo.domain.template_resources import (
    COMPUTE,
    Expansion,
    TemplateResource,
    expand,
)


@dataclass(frozen=True, slots=True)
class WorkspaceStep:
    """Put a workspace."""

    resource: TemplateResource
    arm_id: str
    place: Named
    draft: WorkspaceDraft
    action: str = WORKSPACE_WRITE


@dataclass(frozen=True, slots=True)
class ComputeStep:
    """Put a compute instance into a workspace, which an earlier step may make."""

    resource: TemplateResource
    arm_id: str
    place: Named
    name: str
    wanted: Wanted
    action: str = COMPUTE_WRITE


Step = WorkspaceStep | ComputeStep


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deployment comes to.

    :param template_hash: Azure's `templateHash`: decimal, the same for the same template.
    """

    expansion: Expansion
    steps: tuple[Step, ...]
    template_hash: str


def make_plan(
    services: Services, group: ResourceGroup, name: str, body: DeploymentBody, fresh: str
) -> Plan:
    """Evaluate the template and check every resource's body.

    :param fresh: a text nobody has used, for `newGuid()`.
    :raises InvalidInput: the template or a body is not acceptable; nothing has changed.
    """
    template: Mapping[str, Any] = body.properties.template or {}
    place = _place(services, group, name, fresh)
    expansion = expand(template, body.properties.parameters or {}, place, left_out_types(template))
    steps = tuple(_step(services, group, each, expansion) for each in expansion.resources)
    return Plan(expansion, steps, _hash(template))


def _place(services: Services, group: ResourceGroup, name: str, fresh: str) -> Place:
    subscription = services.deployment.subscription
    return Place(
        group={
            "id": f"/subscriptions/{subscription}/resourceGroups/{group.name}",
            "name": group.name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": group.location,
            "tags": dict(group.tags),
            "properties": {"provisioningState": "Succeeded"},
        },
        subscription={
            "id": f"/subscriptions/{subscription}",
            "subscriptionId": subscription,
            "tenantId": services.deployment.tenant,
            "displayName": "Studiolo",
        },
        deployment=name,
        fresh=fresh,
    )


def _step(
    services: Services, group: ResourceGroup, resource: TemplateResource, expansion: Expansion
) -> Step:
    arm_id = f"/subscriptions/{group.subscription}/resourceGroups/{group.name}{resource.path}"
    place = Named(group.subscription, group.name, resource.names[0])
    where = f"resources['{'/'.join(resource.names)[:120]}']"
    body = without_left_out(resource, expansion)
    if resource.kind == COMPUTE:
        checked = parse(ComputeBody, body, path=where)
        wanted = wanted_values.read(checked, services.catalogue, creating=True)
        return ComputeStep(resource, arm_id, place, resource.names[1], wanted)
    draft = draft_of(parse(WorkspaceBody, body, path=where), services)
    return WorkspaceStep(resource, arm_id, place, draft)


def _hash(template: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return str(int.from_bytes(digest[:8], "big"))


async def authorize(services: Services, caller: Principal, plan: Plan) -> None:
    """Let the caller do by a template only what they could do directly.

    :raises Forbidden: a right is missing; the message names the action and the scope.
    """
    for step in plan.steps:
        await services.identity.authorize(caller, step.action, step.arm_id)
