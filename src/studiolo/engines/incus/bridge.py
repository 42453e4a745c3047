"""A bridge of the hosts' own network, which the members of a cluster share.

The daemon does not manage it: it has no access lists and hands out no addresses. So nobody can be
kept inside it, who has which address is read from the containers themselves, and only the port
isolation of each host's bridge keeps its machines apart.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from studiolo.domain.machine import MachineSpec
from studiolo.engines.base import Permanent
from studiolo.engines.incus.address import Subnet
from studiolo.engines.incus.names import NIC
from studiolo.engines.incus.sight import Instance

NO_SUBNETS = (
    "Machines of this region join a bridge of its hosts' own network, so it has no virtual "
    "networks. Leave the subnet out, or choose another region."
)
_NO_INSIDE = (
    "Machines of this region join a bridge of its hosts' own network, where nobody can be kept "
    "inside. Give the instance a public address, or choose another region."
)


class Bridge:
    """The bridge called `name`.

    :param subnet: the gateway of its network, with the prefix.
    """

    def __init__(self, name: str, subnet: str) -> None:
        self.name = name
        self._subnet = subnet
        self._addresses: dict[str, str] = {}

    def subnet(self, spec: MachineSpec) -> Subnet:
        """Its addresses, for a machine that may join it.

        :raises Permanent: it asks for what only a managed network has, or the region is misnamed.
        """
        if spec.subnet is not None:
            raise Permanent(NO_SUBNETS)
        if not spec.public_ip:
            raise Permanent(_NO_INSIDE)
        try:
            return Subnet(ipaddress.IPv4Interface(self._subnet))
        except ValueError as error:
            raise Permanent(
                f"The region's subnet {self._subnet!r} is not a gateway with a prefix, such as "
                "10.90.0.1/16."
            ) from error

    def holders(self, instances: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
        """Names of the containers that have each address.

        Of one on a member that is down the daemon tells no address; it is what it was.
        """
        known = {}
        for each in instances:
            address = self._of(each) or self._addresses.get(str(each["name"]))
            if address:
                known[str(each["name"])] = address
        self._addresses = known
        holders: dict[str, set[str]] = {}
        for name, address in known.items():
            holders.setdefault(address, set()).add(name)
        return holders

    def _of(self, instance: Mapping[str, Any]) -> str | None:
        nic = (instance.get("devices") or {}).get(NIC) or {}
        return Instance(instance).address if nic.get("parent") == self.name else None
