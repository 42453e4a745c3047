"""Which network a new instance joins, by the ARM id that its body names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.api.identity.callers import require
from studiolo.api.networks.regions import networks_in
from studiolo.api.networks.service import JOIN
from studiolo.api.services import Services
from studiolo.domain.errors import InvalidInput
from studiolo.domain.machine import VirtualSubnet
from studiolo.domain.networks import Subnet, VirtualNetwork
from studiolo.domain.resources import Principal, Workspace
from studiolo.store.transaction import Transaction

_INSTANCE = "properties.properties"
SUBNET = f"{_INSTANCE}.subnet.id"

_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.Network"
    r"/virtualNetworks/([^/]+)/subnets/([^/]+)/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Joining:
    """What a new instance joins.

    :param subnet: None for the region's own network.
    :param spec: `properties.properties`, the subnet's id spelled as it is stored.
    """

    subnet: VirtualSubnet | None
    spec: Mapping[str, Any]


async def join(
    services: Services,
    tx: Transaction,
    caller: Principal,
    workspace: Workspace,
    spec: Mapping[str, Any],
) -> Joining:
    """Find the subnet that `spec` names, and keep it from being deleted until `tx` ends.

    :raises InvalidInput: there is none, it is in another region, or the region has none at all.
    :raises Forbidden: the caller may not put anything into it.
    """
    location = workspace.location
    if spec.get("enableNodePublicIp") is False:
        require_inside(services, location)
    named = spec.get("subnet")
    if not named:
        return Joining(None, spec)
    require_networks(services, location)
    network, subnet = await _find(tx, caller, str(named["id"]))
    if network.location != location:
        raise InvalidInput(
            f"The subnet '{subnet.name}' is in the region '{network.location}', the workspace in "
            f"'{location}'. Choose a subnet of the workspace's region.",
            target=SUBNET,
        )
    return Joining(subnet.joined, {**spec, "subnet": {"id": network.subnet_id(subnet)}})


def require_inside(services: Services, location: str) -> None:
    """Refuse an instance without a public address where machines share one network.

    :raises InvalidInput: naming the region.
    """
    target = f"{_INSTANCE}.enableNodePublicIp"
    networks_in(services, location, "Doing without a public address", target)


def require_networks(services: Services, location: str) -> None:
    """Refuse a subnet where machines share one network.

    :raises InvalidInput: naming the region.
    """
    networks_in(services, location, "A virtual network", f"{_INSTANCE}.subnet")


async def _find(tx: Transaction, caller: Principal, arm_id: str) -> tuple[VirtualNetwork, Subnet]:
    parts = _ID.fullmatch(arm_id)
    if parts is None:
        raise InvalidInput(
            f"'{arm_id[:200]}' is no id of a subnet: '/subscriptions/.../resourceGroups/.../"
            "providers/Microsoft.Network/virtualNetworks/.../subnets/...'.",
            target=SUBNET,
        )
    await require(tx, caller, JOIN, arm_id.rstrip("/"))
    await tx.networks.alone()
    subscription, group, name, inner = parts.groups()
    network = await tx.networks.get(subscription, group, name)
    subnet = network.subnet(inner) if network else None
    if network is None or subnet is None:
        raise InvalidInput(
            f"There is no subnet '{inner[:80]}' in a virtual network '{name[:80]}' of the resource "
            f"group '{group[:90]}'. Create it first.",
            code="SubnetNotFound",
            target=SUBNET,
        )
    return network, subnet
