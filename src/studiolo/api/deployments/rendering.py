"""Deployments as Azure's clients read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from studiolo.api.arm.envelope import detail_body
from studiolo.api.arm.rendering import instant
from studiolo.api.deployments.plan import Plan
from studiolo.domain.deployments import (
    DeployedResource,
    TemplateDeployment,
    progress_of,
    resource_state,
)
from studiolo.domain.resources import Operation

TYPE = "Microsoft.Resources/deployments"


def render(
    deployment: TemplateDeployment, operations: Sequence[Operation | None], now: datetime
) -> dict[str, Any]:
    """ARM's `DeploymentExtended`."""
    progress = progress_of(operations)
    ended = [each.ended_at for each in operations if each is not None and each.ended_at]
    last = now if progress.state == "Running" else max(ended, default=deployment.stamp.modified_at)
    properties: dict[str, Any] = {
        "provisioningState": progress.state,
        "mode": deployment.mode,
        "templateHash": deployment.template_hash,
        "parameters": dict(deployment.parameters),
        "timestamp": instant(last),
        "duration": duration(deployment.stamp.modified_at, last),
        "correlationId": deployment.correlation,
        "providers": _providers([each.kind for each in deployment.resources]),
        "dependencies": [],
    }
    if progress.state == "Succeeded":
        properties["outputs"] = dict(deployment.outputs)
        properties["outputResources"] = [{"id": each.arm_id} for each in deployment.resources]
    if progress.error is not None:
        properties["error"] = detail_body(progress.error) | {
            "details": [
                detail_body(operation.error)
                for operation in operations
                if operation is not None and operation.error is not None
            ]
        }
    return {
        "id": deployment.arm_id,
        "name": deployment.name,
        "type": TYPE,
        "properties": properties,
    }


def duration(begin: datetime, end: datetime) -> str:
    """ISO 8601, in seconds."""
    return f"PT{max(0.0, (end - begin).total_seconds()):.3f}S"


def _providers(kinds: Sequence[str]) -> list[dict[str, Any]]:
    types: dict[str, list[str]] = {}
    for kind in dict.fromkeys(kinds):
        namespace, _, name = kind.partition("/")
        types.setdefault(namespace, []).append(name)
    return [
        {"namespace": namespace, "resourceTypes": [{"resourceType": name} for name in names]}
        for namespace, names in types.items()
    ]


def render_operation(
    deployment: TemplateDeployment,
    index: int,
    resource: DeployedResource,
    operation: Operation | None,
    now: datetime,
) -> dict[str, Any]:
    """ARM's `DeploymentOperation` of one resource; its id is its number."""
    state = resource_state(operation)
    begun = deployment.stamp.modified_at
    ended = operation.ended_at if operation and operation.ended_at else begun
    last = now if state == "Running" else ended
    properties: dict[str, Any] = {
        "provisioningOperation": "Create",
        "provisioningState": state,
        "timestamp": instant(last),
        "duration": duration(begun, last),
        "statusCode": "Created" if resource.created else "OK",
        "targetResource": {
            "id": resource.arm_id,
            "resourceType": resource.kind,
            "resourceName": resource.name,
        },
    }
    if operation is not None and operation.error is not None:
        properties["statusCode"] = "Conflict"
        properties["statusMessage"] = {"error": detail_body(operation.error)}
    return {
        "id": f"{deployment.arm_id}/operations/{index + 1}",
        "operationId": str(index + 1),
        "properties": properties,
    }


def render_validated(arm_id: str, name: str, plan: Plan, now: datetime) -> dict[str, Any]:
    """ARM's `DeploymentValidateResult`."""
    return {
        "id": arm_id,
        "name": name,
        "type": TYPE,
        "properties": {
            "provisioningState": "Succeeded",
            "mode": "Incremental",
            "templateHash": plan.template_hash,
            "parameters": dict(plan.expansion.parameters),
            "timestamp": instant(now),
            "duration": "PT0S",
            "providers": _providers([step.resource.kind for step in plan.steps]),
            "dependencies": [],
            "validatedResources": [{"id": step.arm_id} for step in plan.steps],
        },
    }


def render_what_if(plan: Plan, resources: Sequence[DeployedResource]) -> dict[str, Any]:
    """ARM's `WhatIfOperationResult`: what would be created, and what would be written again."""
    return {
        "status": "Succeeded",
        "properties": {
            "changes": [
                {
                    "resourceId": step.arm_id,
                    "changeType": "Create" if resource.created else "Deploy",
                    "after": dict(step.resource.body) if resource.created else None,
                }
                for step, resource in zip(plan.steps, resources, strict=True)
            ]
        },
    }
