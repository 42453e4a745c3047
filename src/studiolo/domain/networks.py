"""Virtual networks and their subnets, as stored, and which addresses they may have.

A subnet is a network of its own in its region; a virtual network only groups subnets: nothing
routes between them. All subnets of a region share its hosts, so no two of them overlap, not even
in different virtual networks, which Azure would allow.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studiolo.domain.errors import InvalidInput
from studiolo.domain.machine import VirtualSubnet
from studiolo.domain.resources import Stamp

TYPE = "Microsoft.Network/virtualNetworks"
SUBNET_TYPE = f"{TYPE}/subnets"

PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918: addresses that no machine can mistake for somebody's outside."""

LARGEST_SUBNET, SMALLEST_SUBNET = 16, 28
"""Prefix lengths; a larger subnet is more than one bridge bears, a smaller one has no room."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet as stored.

    :param id: the name of its bridge, see :class:`studiolo.domain.machine.VirtualSubnet`.
    :param network: id of its virtual network.
    """

    id: str
    network: str
    name: str
    location: str
    prefix: str
    etag: str

    @property
    def joined(self) -> VirtualSubnet:
        """What an engine is told of it."""
        return VirtualSubnet(self.id, self.prefix)


@dataclass(frozen=True, slots=True)
class VirtualNetwork:
    """A virtual network with its subnets, by name.

    :param id: UUID.
    :param prefixes: address space that its subnets lie in.
    """

    id: str
    subscription: str
    resource_group: str
    name: str
    location: str
    tags: Mapping[str, str]
    prefixes: tuple[str, ...]
    etag: str
    stamp: Stamp
    subnets: tuple[Subnet, ...] = ()

    @property
    def arm_id(self) -> str:
        """`/subscriptions/.../virtualNetworks/{name}`."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{TYPE}/{self.name}"
        )

    def subnet_id(self, subnet: Subnet) -> str:
        """The ARM id of one of its subnets."""
        return f"{self.arm_id}/subnets/{subnet.name}"

    def subnet(self, name: str) -> Subnet | None:
        """One of its subnets, whatever the case of the name."""
        return next((each for each in self.subnets if each.name.lower() == name.lower()), None)


def space(prefixes: Iterable[str], target: str) -> tuple[str, ...]:
    """A virtual network's address space, checked.

    :raises InvalidInput: it is empty, not private, or overlaps itself.
    """
    found: list[ipaddress.IPv4Network] = []
    for text in prefixes:
        prefix = _private(text, target)
        if any(prefix.overlaps(each) for each in found):
            raise InvalidInput(
                f"The address prefixes of '{target}' overlap each other at {prefix}.",
                code="OverlappingAddressPrefixes",
                target=target,
            )
        found.append(prefix)
    if not found:
        raise InvalidInput(f"'{target}' needs at least one address prefix.", target=target)
    return tuple(map(str, found))


def subnet_prefix(text: str, within: Iterable[str], target: str) -> str:
    """A subnet's prefix, checked against its virtual network's address space.

    :raises InvalidInput: it is not private, too large, too small, or not inside.
    """
    prefix = _private(text, target)
    if not LARGEST_SUBNET <= prefix.prefixlen <= SMALLEST_SUBNET:
        raise InvalidInput(
            f"The subnet {prefix} must be of size /{LARGEST_SUBNET} to /{SMALLEST_SUBNET}.",
            code="NetcfgInvalidSubnet",
            target=target,
        )
    spaces = [ipaddress.IPv4Network(each) for each in within]
    if not any(prefix.subnet_of(each) for each in spaces):
        raise InvalidInput(
            f"The subnet {prefix} is not inside the virtual network's address space, "
            f"{', '.join(map(str, spaces))}.",
            code="NetcfgInvalidSubnet",
            target=target,
        )
    return str(prefix)


def require_apart(prefix: str, others: Iterable[str], what: str, target: str) -> None:
    """Refuse a subnet that overlaps others.

    :param what: whose the others are, for the message.
    :raises InvalidInput: it does.
    """
    wanted = ipaddress.IPv4Network(prefix)
    for each in others:
        if wanted.overlaps(ipaddress.IPv4Network(each)):
            raise InvalidInput(
                f"The subnet {prefix} overlaps {each}, {what}. Choose other addresses.",
                code="NetcfgSubnetRangesOverlap",
                target=target,
            )


def _private(text: str, target: str) -> ipaddress.IPv4Network:
    try:
        prefix = ipaddress.IPv4Network(text) if "/" in text else None
    except ValueError:
        prefix = None
    if prefix is None:
        raise InvalidInput(
            f"'{text[:80]}' is no IPv4 address prefix such as '10.0.0.0/16', with no bits set "
            "behind its length.",
            code="InvalidCIDRNotation",
            target=target,
        )
    if not any(prefix.subnet_of(each) for each in PRIVATE):
        raise InvalidInput(
            f"The addresses {prefix} are not private. Choose some of "
            f"{', '.join(map(str, PRIVATE))}.",
            code="InvalidAddressPrefix",
            target=target,
        )
    return prefix
