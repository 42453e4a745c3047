"""Addresses of machines.

The engine chooses each machine's address and hands it to the daemon, which lets no other machine
use it (`security.ipv4_filtering`), and to the machine, which sets it. So the address is known
before the machine runs, and is never what a guest claims.
"""

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.engines.base import Permanent

FIRST_HOSTS = 10
"""Left in a region's network for the bridge and an administrator's own use."""

FIRST_SUBNET_HOSTS = 4
"""Left in a virtual subnet, as Azure leaves them; its gateway is the first host."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """What a managed bridge says of its addresses.

    Machines with a way out have addresses of the lower half, the others of the upper: as no machine
    can take another address than its own, one rule about the upper half holds all of them, without
    a list that must be kept.

    :param gateway: the bridge's own address, with the subnet's prefix.
    :param routed: whether there is a way out.
    :param reserved: how many addresses at the beginning are no machine's.
    """

    gateway: ipaddress.IPv4Interface
    routed: bool = True
    reserved: int = FIRST_HOSTS

    @classmethod
    def of(cls, network: Mapping[str, Any], reserved: int = FIRST_HOSTS) -> "Subnet":
        """Read the daemon's network.

        :raises Permanent: it has no IPv4 addresses to give.
        """
        config = network.get("config") or {}
        try:
            gateway = ipaddress.IPv4Interface(str(config.get("ipv4.address")))
        except ValueError as error:
            raise Permanent(
                f"The network {network.get('name')!r} has no IPv4 subnet (ipv4.address is "
                f"{config.get('ipv4.address')!r}): give it one."
            ) from error
        return cls(gateway, routed=config.get("ipv4.nat") == "true", reserved=reserved)

    @property
    def inward(self) -> ipaddress.IPv4Network:
        """Addresses of machines without a way out."""
        return list(self.gateway.network.subnets())[1]

    def with_prefix(self, address: str) -> str:
        """`10.1.2.3/22`."""
        return f"{address}/{self.gateway.network.prefixlen}"

    def candidates(self, machine_id: str, *, public_ip: bool = True) -> Iterator[str]:
        """All addresses that a machine may have, in an order of its own: the same at each call, so
        that a create that is repeated asks for the same one, and far apart for different machines.

        :raises Permanent: the subnet has no room for machines.
        """
        network, middle = self.gateway.network, int(self.inward.network_address)
        lowest = int(network.network_address) + self.reserved if public_ip else middle
        end = middle if public_ip else int(network.broadcast_address)
        if end <= lowest:
            raise Permanent(f"The subnet {network} is too small for machines.")
        digest = hashlib.sha256(machine_id.encode()).digest()
        start = int.from_bytes(digest[:8], "big")
        for attempt in range(end - lowest):
            host = ipaddress.IPv4Address(lowest + (start + attempt) % (end - lowest))
            if host != self.gateway.ip:
                yield str(host)
