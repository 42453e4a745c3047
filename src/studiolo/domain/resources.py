"""The values that the store keeps and the layers pass around.

A resource is stored with the properties its client sent (`spec`, camelCase, already validated by
the API's models) beside the few columns that the domain decides on. Names compare without regard
to case, as in Azure, and keep the case they were created with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from studiolo.domain.errors import Detail
from studiolo.domain.machine import Recipe, VirtualSubnet
from studiolo.domain.schedules import Schedule
from studiolo.domain.states import State

JsonObject = Mapping[str, Any]
"""A JSON object as it travels in a request or reply, keys in camelCase."""


class PrincipalKind(StrEnum):
    """Who can hold a role: Azure's `principalType`."""

    USER = "User"
    SERVICE_PRINCIPAL = "ServicePrincipal"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a service principal.

    :param id: object id (UUID).
    :param name: user name or e-mail of a person, application (client) id of a service principal.
    :param display_name: what to show.
    """

    id: str
    kind: PrincipalKind
    name: str
    display_name: str
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """Azure's `systemData`: who made a resource and who changed it last; instants in UTC."""

    created_at: datetime
    created_by: str
    created_by_type: str
    modified_at: datetime
    modified_by: str
    modified_by_type: str


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """A named container of workspaces in a subscription."""

    id: str
    subscription: str
    name: str
    location: str
    tags: Mapping[str, str]
    etag: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Workspace:
    """A team's place: computes, a file share, access.

    :param id: UUID; also the id of its file share.
    :param properties: what clients set: friendlyName, description, publicNetworkAccess ...
    :param deleting: a delete was accepted; the reconciler removes its computes, then the row.
    """

    id: str
    subscription: str
    resource_group: str
    name: str
    location: str
    kind: str
    tags: Mapping[str, str]
    identity: JsonObject | None
    properties: JsonObject
    etag: str
    stamp: Stamp
    deleting: bool = False

    @property
    def arm_id(self) -> str:
        """`/subscriptions/.../workspaces/{name}`."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )


class Trigger(StrEnum):
    """Azure's `OperationTrigger`: why an operation began."""

    USER = "User"
    SCHEDULE = "Schedule"
    IDLE_SHUTDOWN = "IdleShutdown"


@dataclass(frozen=True, slots=True)
class LastOperation:
    """Azure's `ComputeInstanceLastOperation`.

    :param name: Create, Start, Stop, Restart, Resize, Reimage or Delete; and Restore, which Azure
        does not have.
    :param status: InProgress, Succeeded, CreateFailed, StartFailed, StopFailed, RestartFailed,
        ReimageFailed or DeleteFailed.
    """

    name: str
    time: datetime
    status: str
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class Compute:
    """A compute instance as stored.

    :param id: the machine's id, see :class:`studiolo.domain.machine.MachineSpec`.
    :param workspace: id of its workspace; the other workspace columns are joined for reading.
    :param host_label: first label of its host name; unique in the deployment.
    :param size: the compute size, in the catalogue's spelling.
    :param spec: `properties.properties` as the client set it.
    :param envelope: `description`, `disableLocalAuth` and whatever else stands in `properties`
        beside `computeType`, as the client set it.
    :param generation: counts wanted starts; the engine runs the machine with the same number.
    :param deadline: when a transient state expires; None in a stable state.
    :param errors: why the instance is not as wanted, for a person.
    :param image_version: of the image its machine was last seen on; None before that.
    :param recipe: what the start into `generation` does first; None once that has happened.
    :param private_ip: address its machine was last seen at; None where it has none of its own.
    :param subnet: the network it is in for life; `spec` has the ARM id.
    :param schedules: what starts and stops it by itself.
    """

    id: str
    workspace: str
    subscription: str
    resource_group: str
    workspace_name: str
    location: str
    name: str
    host_label: str
    size: str
    family: str
    vcpus: int
    spec: JsonObject
    envelope: JsonObject
    tags: Mapping[str, str]
    identity: JsonObject | None
    state: State
    state_since: datetime
    deadline: datetime | None
    generation: int
    errors: tuple[Detail, ...]
    last_operation: LastOperation
    owner_id: str
    owner_name: str
    assigned_id: str
    assigned_name: str
    agent_token: str = field(repr=False)
    etag: str = ""
    stamp: Stamp | None = None
    image_version: str | None = None
    recipe: Recipe | None = None
    private_ip: str | None = None
    subnet: VirtualSubnet | None = None
    schedules: tuple[Schedule, ...] = ()

    @property
    def arm_id(self) -> str:
        """`/subscriptions/.../workspaces/{w}/computes/{name}`."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace_name}"
            f"/computes/{self.name}"
        )


class OperationStatus(StrEnum):
    """ARM's status of a long-running operation."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELED = "Canceled"


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that began an operation, as its line in the activity log names it.

    :param action: the ARM action.
    :param caller: name of who asked.
    :param correlation: ties the lines of one request together.
    """

    action: str
    caller: str
    correlation: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running operation, durable: a client that polls through a restart gets its end.

    :param resource: id of the compute or workspace (ours, not the ARM id).
    :param kind: Create, Start, Stop, Restart, Resize, Restore, Reimage, Update or Delete.
    :param scope: ARM id of the resource, for access checks after it is gone.
    :param principal: who asked; only they, or somebody who may read the scope, may poll.
    :param asked: None where it is not known, of operations that began before it was kept; they
        leave no lines in the activity log.
    """

    id: str
    subscription: str
    location: str
    resource: str
    scope: str
    kind: str
    status: OperationStatus
    principal: str
    started_at: datetime
    ended_at: datetime | None = None
    error: Detail | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """One line of the append-only activity log.

    :param operation: ARM action name, or `Studiolo.Identity/signIn/action` and the like.
    :param status: Accepted of what goes on, then Succeeded, Failed or Canceled; of what is done at
        once Succeeded, Failed or Denied.
    """

    at: datetime
    principal: str
    principal_name: str
    operation: str
    scope: str
    status: str
    correlation: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A principal holds a role at a scope and everything below it."""

    id: str
    scope: str
    role_definition: str
    principal: str
    principal_kind: PrincipalKind
    created_at: datetime
    created_by: str
