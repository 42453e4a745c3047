"""The daemon's access lists that keep networks apart: pure functions of a subnet.

A list is about a bridge's border: what the host's kernel routes into it and out of it, the host's
own traffic included. Answers always pass. Only `allow` and `drop` are used: not every kernel can
refuse with a message. See https://linuxcontainers.org/incus/docs/main/howto/network_acls/.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.engines.incus.address import Subnet

Rule = Mapping[str, str]

DEFAULTS = {
    "security.acls.default.ingress.action": "drop",
    "security.acls.default.egress.action": "allow",
}
"""What a network does with what no rule names: nobody comes in, and machines may go out."""

_FIRST, _LAST = "0.0.0.0", "255.255.255.255"  # noqa: S104 - the ends of a range


@dataclass(frozen=True, slots=True)
class Rules:
    """What may enter a bridge, and what may not leave it."""

    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]

    def body(self, config: Mapping[str, str]) -> dict[str, Any]:
        """The daemon's object, without its name."""
        return {
            "description": "Studiolo: who reaches machines, and what they reach",
            "config": dict(config),
            "ingress": [dict(each) for each in self.ingress],
            "egress": [dict(each) for each in self.egress],
        }

    def are(self, found: Mapping[str, Any]) -> bool:
        """Whether the daemon's object holds just these rules."""
        return _said(found.get("ingress")) == list(self.ingress) and _said(
            found.get("egress")
        ) == list(self.egress)


def path(network: str) -> str:
    """Below `/1.0`; a subnet's list is called as its network."""
    return f"/network-acls/{network}"


def regions_name(network: str) -> str:
    """Name of the list of a region's own network, which deployments may share."""
    return f"studiolo-{network}"


def on(*names: str) -> dict[str, str]:
    """Configuration of a network with these lists."""
    return {**DEFAULTS, "security.acls": ",".join(dict.fromkeys(names))}


def isolated(subnet: Subnet) -> Rules:
    """For a network whose members do not reach each other, not by way of its gateway either.

    That must be said of what leaves a machine: the daemon lets pass what may leave the bridge
    before it looks at whether it may enter it again.
    """
    neighbours = {"action": "drop", "destination": _neighbours(subnet), "state": "enabled"}
    return Rules((_from(_host(subnet)),), (_kept_inside(subnet), neighbours))


def shared(subnet: Subnet) -> Rules:
    """For a network whose members reach each other.

    They do so without the host, but where the kernel shows a bridge's own traffic to the rules
    (`net.bridge.bridge-nf-call-iptables`), it must pass them.
    """
    network = subnet.gateway.network
    beyond = f"{_FIRST}-{subnet.gateway.ip},{network.broadcast_address + 1}-{_LAST}"
    entering = (_from(_host(subnet)), _from(str(network)))
    return Rules(entering, (_kept_inside(subnet, destination=beyond),))


def _host(subnet: Subnet) -> str:
    return str(ipaddress.IPv4Network(subnet.gateway.ip))


def _neighbours(subnet: Subnet) -> str:
    """Every address but the gateway."""
    network, gateway = subnet.gateway.network, subnet.gateway.ip
    parts = ((network.network_address, gateway - 1), (gateway + 1, network.broadcast_address))
    return ",".join(f"{first}-{last}" for first, last in parts)


def _from(source: str) -> Rule:
    return {"action": "allow", "source": source, "state": "enabled"}


def _kept_inside(subnet: Subnet, **more: str) -> Rule:
    return {"action": "drop", "source": str(subnet.inward), "state": "enabled", **more}


def _said(rules: Any) -> list[dict[str, str]]:
    return [{key: value for key, value in each.items() if value} for each in rules or ()]
