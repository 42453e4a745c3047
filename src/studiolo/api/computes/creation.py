"""Making an instance: quota, row, operation and activity line in one transaction."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from studiolo.api.computes import schedules
from studiolo.api.computes.abilities import with_disks
from studiolo.api.computes.joining import Joining, join
from studiolo.api.computes.names import host_label
from studiolo.api.computes.recording import Call, begin_operation
from studiolo.api.computes.wanted import Wanted
from studiolo.api.services import Services
from studiolo.domain.errors import InvalidInput
from studiolo.domain.machine import Recipe
from studiolo.domain.resources import (
    Compute,
    LastOperation,
    Operation,
    Principal,
    Stamp,
    Trigger,
    Workspace,
)
from studiolo.domain.sizes import Size
from studiolo.domain.states import TRANSIENT, State
from studiolo.faults import point
from studiolo.store.transaction import Transaction

_LABEL_ATTEMPTS = 5

_ASSIGNED = "properties.properties.personalComputeInstanceSettings.assignedUser"


def stamp_for(caller: Principal, now: datetime) -> Stamp:
    """`systemData` of something new."""
    kind = "User" if caller.kind == "User" else "Application"
    return Stamp(now, caller.name, kind, now, caller.name, kind)


def limits_for(services: Services, location: str, family: str) -> Mapping[str, int]:
    """The configured limits of a region, for counters that do not exist yet."""
    return services.regions[location].limits(family)


@dataclass(frozen=True, slots=True)
class Creation:
    """One instance to be made.

    :param recipe: what its first start begins with.
    """

    services: Services
    call: Call
    workspace: Workspace
    name: str
    wanted: Wanted
    size: Size
    recipe: Recipe | None = None

    async def store(self, tx: Transaction) -> tuple[Compute, Operation]:
        """Reserve quota and store everything; the caller's transaction makes it one.

        :raises QuotaExceeded: no room.
        :raises InvalidInput: the assigned user is nobody here, or the subnet cannot be joined.
        :raises Forbidden: the caller may not join the subnet.
        """
        assigned = await self._assigned(tx)
        caller, spec = self.call.caller, self.wanted.spec
        joining = await join(self.services, tx, caller, self.workspace, spec)
        compute = self._compute(assigned, await self._free_label(tx), joining)
        await tx.quota.reserve(
            compute.id,
            compute.location,
            compute.family,
            compute.vcpus,
            limits_for(self.services, compute.location, compute.family),
        )
        await tx.computes.add(compute, due_at=self.call.now)
        detail = f"size {compute.size}{self._origin}"
        operation = await begin_operation(tx, self.call, compute, "Create", detail=detail)
        point("api.create.before_commit")
        return compute, operation

    @property
    def _origin(self) -> str:
        return f", a copy of {self.recipe.of}" if self.recipe else ""

    async def _assigned(self, tx: Transaction) -> Principal:
        wanted = self.wanted.assigned
        if wanted is None:
            return self.call.caller
        tenant = self.services.deployment.tenant
        if wanted.tenant_id and wanted.tenant_id.lower() != tenant.lower():
            raise InvalidInput(
                f"The assigned user must be of this deployment's tenant, '{tenant}'.",
                target=f"{_ASSIGNED}.tenantId",
            )
        found = await tx.principals.get(wanted.object_id)
        if found is None or found.disabled:
            raise InvalidInput(
                f"There is no active user with object id '{wanted.object_id[:80]}' in this tenant.",
                target=f"{_ASSIGNED}.objectId",
            )
        return found

    async def _free_label(self, tx: Transaction) -> str:
        label = host_label(self.name)
        for _ in range(_LABEL_ATTEMPTS):
            if await tx.computes.by_host(label) is None:
                break
            label = host_label(self.name, secrets.token_hex(2))
        return label

    def _compute(self, assigned: Principal, label: str, joining: Joining) -> Compute:
        now = self.call.now
        caller = self.call.caller
        envelope: dict[str, object] = {
            "description": self.wanted.description,
            "disableLocalAuth": self.wanted.disable_local_auth is not False,
        }
        return Compute(
            id=f"ci-{secrets.token_hex(8)}",
            workspace=self.workspace.id,
            subscription=self.workspace.subscription,
            resource_group=self.workspace.resource_group,
            workspace_name=self.workspace.name,
            location=self.workspace.location,
            name=self.name,
            host_label=label,
            size=self.size.name,
            family=self.size.family,
            vcpus=self.size.vcpus,
            spec=with_disks(self.services, self.workspace.location, joining.spec),
            subnet=joining.subnet,
            envelope=envelope,
            tags=dict(self.wanted.tags or {}),
            identity=None,
            state=State.CREATING,
            state_since=now,
            deadline=now + TRANSIENT[State.CREATING].deadline,
            generation=1,
            errors=(),
            last_operation=LastOperation("Create", now, "InProgress", Trigger.USER),
            owner_id=caller.id,
            owner_name=caller.name,
            assigned_id=assigned.id,
            assigned_name=assigned.name,
            agent_token=secrets.token_urlsafe(32),
            recipe=self.recipe,
            schedules=schedules.settle((), self.wanted.schedules or (), now),
            etag=uuid.uuid4().hex,
            stamp=stamp_for(caller, now),
        )
