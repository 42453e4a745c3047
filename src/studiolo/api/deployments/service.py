"""Carrying a deployment out: all its writes and its own row in one transaction.

So there is no half-done deployment to resume after a crash: either everything is stored, or
nothing is. What is stored then goes on by itself, as after direct PUTs.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import Request

from studiolo.api.computes.lookup import WorkspaceName
from studiolo.api.computes.service import ComputeService
from studiolo.api.deployments.bodies import DeploymentBody
from studiolo.api.deployments.plan import (
    ComputeStep,
    NetworkStep,
    Plan,
    Step,
    SubnetStep,
    WorkspaceStep,
)
from studiolo.api.groups.service import refuse_deleting
from studiolo.api.networks.service import Writing
from studiolo.api.services import Services
from studiolo.api.subscriptions.records import accepted, changed_by, created_by, new_etag
from studiolo.api.workspaces.service import Writer, put_workspace
from studiolo.domain.deployments import (
    DeployedResource,
    Progress,
    TemplateDeployment,
    deployment_id,
    progress_of,
)
from studiolo.domain.errors import Conflict, InvalidInput
from studiolo.domain.resources import Operation, ResourceGroup
from studiolo.faults import point
from studiolo.store.transaction import Transaction

WRITE = "Microsoft.Resources/deployments/write"
DELETE = "Microsoft.Resources/deployments/delete"

_LONGEST_NAME = 64
_NAME_MARKS = frozenset("-_.()")


@dataclass(frozen=True, slots=True)
class Deploying:
    """One deployment by one caller.

    :param request: whose correlation id the resources' log lines carry.
    """

    services: Services
    request: Request
    writer: Writer
    group: ResourceGroup
    name: str

    @property
    def arm_id(self) -> str:
        """The deployment's own."""
        return deployment_id(self.group.subscription, self.group.name, self.name)

    async def store(
        self, tx: Transaction, body: DeploymentBody, plan: Plan
    ) -> tuple[TemplateDeployment, bool]:
        """Write the resources and the deployment; returns it and whether it is new.

        :raises Conflict: one of this name is under way, or a resource's state does not allow it.
        """
        check_name(self.name)
        await refuse_deleting(tx, self.group)
        stored = await tx.deployments.get(self.group.subscription, self.group.name, self.name)
        if stored is not None and (await progress(tx, stored)).state == "Running":
            raise Conflict(
                f"Deployment '{stored.name}' is still active. Wait for its end, or choose another "
                "name.",
                code="DeploymentActive",
                target=stored.name,
            )
        resources = await self.apply(tx, plan)
        deployment = self._deployment(body, plan, resources)
        await self._write(tx, stored, deployment)
        await tx.activity.add(
            accepted(
                self.writer.caller,
                self.writer.now,
                WRITE,
                deployment.arm_id,
                self.writer.correlation,
                "Accepted",
            )
        )
        point("api.deploy.before_commit")
        return deployment, stored is None

    async def apply(self, tx: Transaction, plan: Plan) -> tuple[DeployedResource, ...]:
        """Write the resources, in order."""
        return tuple([await self._apply(tx, step, plan) for step in plan.steps])

    async def _apply(self, tx: Transaction, step: Step, plan: Plan) -> DeployedResource:
        networks = Writing(tx, step.place, self.writer, _no_condition, plan.occupied)
        match step:
            case ComputeStep():
                return await self._apply_compute(tx, step)
            case NetworkStep():
                _, created = await networks.put(step.draft)
            case SubnetStep():
                _, _, created = await networks.put_subnet(step.name, step.body)
            case WorkspaceStep():
                _, created = await put_workspace(
                    tx, step.place, step.draft, self.writer, _no_condition
                )
        return DeployedResource(
            step.arm_id, step.resource.kind, step.resource.names[-1], None, created
        )

    async def _apply_compute(self, tx: Transaction, step: ComputeStep) -> DeployedResource:
        named = WorkspaceName(step.place.subscription, step.place.group, step.place.name)
        service = ComputeService(self.services, self.request, self.writer.caller, named, step.name)
        outcome = await service.put_in(tx, step.wanted)
        operation = outcome.operation
        return DeployedResource(
            step.arm_id,
            step.resource.kind,
            step.name,
            operation.id if operation else None,
            operation is not None,
        )

    def _deployment(
        self, body: DeploymentBody, plan: Plan, resources: tuple[DeployedResource, ...]
    ) -> TemplateDeployment:
        return TemplateDeployment(
            id=str(uuid.uuid4()),
            subscription=self.group.subscription,
            resource_group=self.group.name,
            name=self.name,
            mode="Incremental",
            template_hash=plan.template_hash,
            parameters=plan.expansion.parameters,
            outputs=plan.expansion.outputs,
            resources=resources,
            correlation=self.writer.correlation,
            etag=new_etag(),
            stamp=created_by(self.writer.caller, self.writer.now),
        )

    async def _write(
        self, tx: Transaction, stored: TemplateDeployment | None, deployment: TemplateDeployment
    ) -> None:
        if stored is None:
            await tx.deployments.add(deployment)
            return
        stamp = changed_by(stored.stamp, self.writer.caller, self.writer.now)
        written = replace(deployment, id=stored.id, stamp=stamp)
        if not await tx.deployments.save(written, if_etag=stored.etag):
            raise Conflict(f"Deployment '{stored.name}' was written by somebody else just now.")


def _no_condition(_etag: str | None) -> None:
    """A template carries no If-Match."""


def check_name(name: str) -> None:
    """Hold a deployment's name against Azure's rule.

    :raises InvalidInput: it breaks it.
    """
    allowed = all(character.isalnum() or character in _NAME_MARKS for character in name)
    if not allowed or len(name) > _LONGEST_NAME:
        raise InvalidInput(
            f"The deployment name '{name[:80]}' is not valid: 1 to {_LONGEST_NAME} letters, "
            "digits, '-', '_', '.', '(' and ')'.",
            code="InvalidDeploymentName",
            target="deploymentName",
        )


async def operations_of(
    tx: Transaction, resources: Sequence[DeployedResource]
) -> list[Operation | None]:
    """The operation that brings each resource about; None where it was done at once."""
    return [
        await tx.operations.get(resource.operation) if resource.operation else None
        for resource in resources
    ]


async def progress(tx: Transaction, deployment: TemplateDeployment) -> Progress:
    """How far a deployment is."""
    return progress_of(await operations_of(tx, deployment.resources))
