"""An ARM template deployment as stored: what was asked, and which resources it made.

A deployment is written in one transaction with its resources, so there is no half-done one. Its
state is not stored: it follows from the operations of the resources, which live on by themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.domain.errors import Detail
from studiolo.domain.resources import Operation, OperationStatus, Stamp


@dataclass(frozen=True, slots=True)
class DeployedResource:
    """One resource of a deployment.

    :param operation: id of the operation that brings it about; None where it was done at once.
    :param created: it was not there before.
    """

    arm_id: str
    kind: str
    name: str
    operation: str | None
    created: bool


@dataclass(frozen=True, slots=True)
class TemplateDeployment:
    """A deployment of a template to a resource group.

    :param parameters: as shown again: no value of a secure one.
    :param correlation: id of the request that made it.
    """

    id: str
    subscription: str
    resource_group: str
    name: str
    mode: str
    template_hash: str
    parameters: Mapping[str, Any]
    outputs: Mapping[str, Any]
    resources: tuple[DeployedResource, ...]
    correlation: str
    etag: str
    stamp: Stamp

    @property
    def arm_id(self) -> str:
        """`/subscriptions/.../providers/Microsoft.Resources/deployments/{name}`."""
        return deployment_id(self.subscription, self.resource_group, self.name)


def deployment_id(subscription: str, group: str, name: str) -> str:
    """The ARM id of a deployment to a resource group."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.Resources/deployments/{name}"
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a deployment is.

    :param state: Azure's provisioningState: Running, Succeeded or Failed.
    """

    state: str
    error: Detail | None = None


def resource_state(operation: Operation | None) -> str:
    """State of one resource, by the operation that brings it about."""
    if operation is None or operation.status is OperationStatus.SUCCEEDED:
        return "Succeeded"
    return "Running" if operation.status is OperationStatus.IN_PROGRESS else "Failed"


def progress_of(operations: Iterable[Operation | None]) -> Progress:
    """State of a deployment, by the operations of its resources.

    It goes on while any of them does, and has failed if any of them did.
    """
    found = list(operations)
    states = [resource_state(operation) for operation in found]
    if "Running" in states:
        return Progress("Running")
    failed = [
        operation
        for operation, state in zip(found, states, strict=True)
        if operation is not None and state == "Failed"
    ]
    if not failed:
        return Progress("Succeeded")
    first = failed[0]
    why = first.error.message if first.error else "A later request took its place."
    return Progress(
        "Failed",
        Detail(
            "DeploymentFailed",
            f"{len(failed)} of {len(found)} resources could not be deployed. {first.scope}: {why}",
            first.scope,
        ),
    )
