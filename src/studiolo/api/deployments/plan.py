"""From a deployment's body to the writes it comes to, each checked before any is made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from studiolo.api.arm.bodies import parse
from studiolo.api.computes import wanted as wanted_values
from studiolo.api.computes.models import ComputeBody
from studiolo.api.computes.service import WRITE as COMPUTE_WRITE
from studiolo.api.computes.wanted import Wanted
from studiolo.api.deployments.associated import left_out_types, without_left_out
from studiolo.api.deployments.bodies import DeploymentBody
from studiolo.api.networks.regions import networks_in, occupied
from studiolo.api.networks.schemas import NetworkBody, NetworkDraft, SubnetBody, network_draft
from studiolo.api.networks.service import SUBNET_WRITE
from studiolo.api.networks.service import WRITE as NETWORK_WRITE
from studiolo.api.services import Services
from studiolo.api.workspaces.schemas import WorkspaceBody, WorkspaceDraft, draft_of
from studiolo.api.workspaces.service import WRITE as WORKSPACE_WRITE
from studiolo.api.workspaces.service import Named
from studiolo.domain.resources import Principal, ResourceGroup
from studiolo.domain.template import Place
from studiolo.domain.template_resources import (
    COMPUTE,
    NETWORK,
    SUBNET,
    Expansion,
    TemplateResource,
    expand,
)
from studiolo.engines.base import Networks


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


@dataclass(frozen=True, slots=True)
class NetworkStep:
    """Put a virtual network."""

    resource: TemplateResource
    arm_id: str
    place: Named
    draft: NetworkDraft
    action: str = NETWORK_WRITE


@dataclass(frozen=True, slots=True)
class SubnetStep:
    """Put a subnet into a virtual network, which an earlier step may make."""

    resource: TemplateResource
    arm_id: str
    place: Named
    name: str
    body: SubnetBody
    action: str = SUBNET_WRITE


Step = WorkspaceStep | ComputeStep | NetworkStep | SubnetStep


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deployment comes to.

    :param template_hash: Azure's `templateHash`: decimal, the same for the same template.
    :param occupied: by region, prefixes that subnets must not overlap; see :func:`with_addresses`.
    """

    expansion: Expansion
    steps: tuple[Step, ...]
    template_hash: str
    occupied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
    if resource.kind == NETWORK:
        network = network_draft(parse(NetworkBody, body, path=where), services)
        return NetworkStep(resource, arm_id, place, network)
    if resource.kind == SUBNET:
        subnet = parse(SubnetBody, body, path=where)
        return SubnetStep(resource, arm_id, place, resource.names[1], subnet)
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


async def with_addresses(services: Services, plan: Plan) -> Plan:
    """The plan, with what engines say of their addresses where it makes networks.

    :raises InvalidInput: a network's region has none.
    :raises Unavailable: an engine does not answer.
    """
    if not any(isinstance(step, NetworkStep | SubnetStep) for step in plan.steps):
        return plan
    for step in plan.steps:
        if isinstance(step, NetworkStep):
            networks_in(services, step.draft.location, "A virtual network", step.place.name)
    regions = [name for name, each in services.engines.items() if isinstance(each, Networks)]
    return replace(
        plan, occupied={each: await occupied(services, each, "location") for each in regions}
    )
