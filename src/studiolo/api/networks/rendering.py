"""Virtual networks and subnets as Azure's clients read them."""

from typing import Any

from studiolo.api.arm.etag import quoted
from studiolo.domain.networks import SUBNET_TYPE, TYPE, Subnet, VirtualNetwork


def render(network: VirtualNetwork) -> dict[str, Any]:
    """ARM's `VirtualNetwork`."""
    return {
        "id": network.arm_id,
        "name": network.name,
        "type": TYPE,
        "location": network.location,
        "tags": dict(network.tags),
        "etag": f"W/{quoted(network.etag)}",
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": network.id,
            "addressSpace": {"addressPrefixes": list(network.prefixes)},
            "subnets": [render_subnet(network, each) for each in network.subnets],
            "virtualNetworkPeerings": [],
            "enableDdosProtection": False,
        },
    }


def render_subnet(network: VirtualNetwork, subnet: Subnet) -> dict[str, Any]:
    """ARM's `Subnet`."""
    return {
        "id": network.subnet_id(subnet),
        "name": subnet.name,
        "type": SUBNET_TYPE,
        "etag": f"W/{quoted(subnet.etag)}",
        "properties": {
            "provisioningState": "Succeeded",
            "addressPrefix": subnet.prefix,
            "delegations": [],
            "privateEndpointNetworkPolicies": "Disabled",
            "privateLinkServiceNetworkPolicies": "Enabled",
        },
    }
