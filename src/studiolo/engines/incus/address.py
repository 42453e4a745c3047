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

TRIES = 64


@dataclass(frozen=True, slots=True)
class Subnet:
    """What a managed bridge says of its addresses.

    :param gateway: the bridge's own address, with the subnet's prefix.
    :param routed: whether there is a way out.
    """

    gateway: ipaddress.IPv4Interface
    routed: bool = True

    @classmethod
    def of(cls, network: Mapping[str, Any]) -> "Subnet":
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
        return cls(gateway, routed=config.get("ipv4.nat") == "true")

    def with_prefix(self, address: str) -> str:
        """`10.1.2.3/22`."""
        return f"{address}/{self.gateway.network.prefixlen}"

    def candidates(self, machine_id: str) -> Iterator[str]:
        """Addresses to try for a machine, in an order of its own: the same at each call, so that a
        create that is repeated asks for the same one, and far apart for different machines.
        """
        network = self.gateway.network
        # The first ten and the last are left for the bridge and an administrator's own use.
        lowest, span = 10, network.num_addresses - 11
        if span < 1:
            raise Permanent(f"The subnet {network} is too small for machines.")
        for attempt in range(TRIES):
            digest = hashlib.sha256(f"{machine_id}/{attempt}".encode()).digest()
            host = network[lowest + int.from_bytes(digest[:8], "big") % span]
            if host != self.gateway.ip:
                yield str(host)
