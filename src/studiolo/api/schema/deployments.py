"""Deployments of templates."""

from typing import Literal

from studiolo.api.schema.arm import AnyObject, ErrorDetail, ErrorResponse, Paged, Resource
from studiolo.api.schema.base import Answer, Instant, left_out

DeploymentState = Literal["Running", "Succeeded", "Failed", "Canceled"]


class ResourceReference(Answer):
    """The ARM id of a resource."""

    id: str


class DeployedType(Answer):
    """A type of resources in a template."""

    resource_type: str


class DeployedProvider(Answer):
    """The types of a provider's resources in a template."""

    namespace: str
    resource_types: list[DeployedType]


class _Deploying(Answer):
    mode: str
    template_hash: str
    parameters: AnyObject
    timestamp: Instant
    duration: str
    providers: list[DeployedProvider]
    dependencies: list[AnyObject]


class DeployedProperties(_Deploying):
    """How a deployment stands; outputs are there when all of it is."""

    provisioning_state: DeploymentState
    correlation_id: str
    outputs: AnyObject = left_out()
    output_resources: list[ResourceReference] = left_out()
    error: ErrorDetail = left_out()


class DeploymentResource(Resource):
    """A template, as it was deployed into a resource group."""

    properties: DeployedProperties


class DeploymentList(Paged):
    """A page of a resource group's deployments."""

    value: list[DeploymentResource]


class TargetResource(Answer):
    """What an operation is about."""

    id: str
    resource_type: str
    resource_name: str


class DeploymentOperationProperties(Answer):
    """What became of one resource of a template."""

    provisioning_operation: Literal["Create"]
    provisioning_state: DeploymentState
    timestamp: Instant
    duration: str
    status_code: Literal["Created", "OK", "Conflict"]
    status_message: ErrorResponse = left_out()
    target_resource: TargetResource


class DeploymentOperation(Answer):
    """One resource of a template."""

    id: str
    operation_id: str
    properties: DeploymentOperationProperties


class DeploymentOperationList(Answer):
    """Every resource of a template."""

    value: list[DeploymentOperation]


class DeploymentStatus(Answer):
    """How far a deployment is."""

    status: DeploymentState
    error: ErrorDetail = left_out()


class ValidatedProperties(_Deploying):
    """What a deployment would be."""

    provisioning_state: Literal["Succeeded"]
    validated_resources: list[ResourceReference]


class DeploymentValidated(Resource):
    """A template that would be deployed."""

    properties: ValidatedProperties


class WhatIfChange(Answer):
    """What would become of one resource; `after` is what would be created."""

    resource_id: str
    change_type: Literal["Create", "Deploy"]
    after: AnyObject | None


class WhatIfProperties(Answer):
    """What would change."""

    changes: list[WhatIfChange]


class WhatIfResult(Answer):
    """What a template would change."""

    status: Literal["Succeeded"]
    properties: WhatIfProperties
