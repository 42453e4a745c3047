"""Stored values for tests, complete and valid; every field can be replaced."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from studiolo.domain.networks import Subnet, VirtualNetwork
from studiolo.domain.resources import (
    Asked,
    Compute,
    LastOperation,
    Operation,
    OperationStatus,
    ResourceGroup,
    Stamp,
    Trigger,
    Workspace,
)
from studiolo.domain.states import State

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"


def a_stamp(at: datetime = NOW) -> Stamp:
    return Stamp(at, "alice", "User", at, "alice", "User")


def a_group(**changes: Any) -> ResourceGroup:
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "subscription": SUBSCRIPTION,
        "name": "team",
        "location": "local",
        "tags": {},
        "etag": "one",
        "stamp": a_stamp(),
    }
    return ResourceGroup(**(values | changes))


def a_workspace(**changes: Any) -> Workspace:
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "subscription": SUBSCRIPTION,
        "resource_group": "team",
        "name": "vision",
        "location": "local",
        "kind": "Default",
        "tags": {},
        "identity": None,
        "properties": {},
        "etag": "one",
        "stamp": a_stamp(),
    }
    return Workspace(**(values | changes))


def a_network(*, subnets: tuple[str, ...] = (), **changes: Any) -> VirtualNetwork:
    """A virtual network in the group `rg`, with subnets of these names."""
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "subscription": SUBSCRIPTION,
        "resource_group": "rg",
        "name": "lab",
        "location": "local",
        "tags": {},
        "prefixes": ("10.5.0.0/16",),
        "etag": "one",
        "stamp": a_stamp(),
    }
    network = VirtualNetwork(**(values | changes))
    made = (a_subnet(network, name, number) for number, name in enumerate(subnets))
    return replace(network, subnets=tuple(sorted(made, key=lambda each: each.name.lower())))


def a_subnet(network: VirtualNetwork, name: str, number: int = 9) -> Subnet:
    prefix = f"10.5.{number}.0/24"
    return Subnet(f"sn{uuid4().hex[:12]}", network.id, name, network.location, prefix, "one")


def a_compute(workspace: Workspace, **changes: Any) -> Compute:
    """An instance of `workspace`, being created by alice."""
    name = changes.get("name", "alice-ci")
    values: dict[str, Any] = {
        "id": f"ci-{uuid4().hex[:16]}",
        "workspace": workspace.id,
        "subscription": workspace.subscription,
        "resource_group": workspace.resource_group,
        "workspace_name": workspace.name,
        "location": "local",
        "name": name,
        "host_label": name.lower(),
        "size": "Standard_DS3_v2",
        "family": "standardDSv2Family",
        "vcpus": 4,
        "spec": {},
        "envelope": {},
        "tags": {},
        "identity": None,
        "state": State.CREATING,
        "state_since": NOW,
        "deadline": None,
        "generation": 1,
        "errors": (),
        "last_operation": LastOperation("Create", NOW, "InProgress", Trigger.USER),
        "owner_id": "alice-id",
        "owner_name": "alice",
        "assigned_id": "alice-id",
        "assigned_name": "alice",
        "agent_token": "agent-token",
        "etag": "one",
        "stamp": a_stamp(),
    }
    return Compute(**(values | changes))


def an_operation(resource: str, **changes: Any) -> Operation:
    """A create of `resource` in progress."""
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "subscription": SUBSCRIPTION,
        "location": "local",
        "resource": resource,
        "scope": f"/subscriptions/{SUBSCRIPTION}/x/{resource}",
        "kind": "Create",
        "status": OperationStatus.IN_PROGRESS,
        "principal": "alice-id",
        "started_at": NOW,
        "asked": Asked("Microsoft.MachineLearningServices/x/write", "alice", "correlation-1"),
    }
    return Operation(**(values | changes))
