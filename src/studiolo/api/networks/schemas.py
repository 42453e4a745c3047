"""Request bodies of virtual networks and subnets, and the drafts they come to.

Azure's models have a hundred fields that are about things Studiolo does not have. Those that say
"off" or "none" are accepted, as `az` and templates send them; any other is refused by name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.api.arm.bodies import ArmModel, parse
from studiolo.api.networks.regions import CODE
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_location
from studiolo.api.subscriptions.tags import checked_tags
from studiolo.domain.errors import InvalidInput
from studiolo.domain.networks import TYPE, space, subnet_prefix

MOST_SUBNETS = 100
"""In one virtual network; each is a bridge of its region's hosts."""

_NETWORK_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,62}\w)?", re.ASCII)
_SUBNET_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,78}\w)?", re.ASCII)
"""Azure's rules: letters, digits, '_', '-' and '.', ending with a letter, a digit or '_'."""

_READ_ONLY = frozenset(
    {
        "provisioningState",
        "resourceGuid",
        "ipConfigurations",
        "ipConfigurationProfiles",
        "privateEndpoints",
        "purpose",
        "resourceNavigationLinks",
        "serviceAssociationLinks",
    }
)
_WITHOUT_EFFECT = frozenset(
    {
        "privateEndpointNetworkPolicies",
        "privateLinkServiceNetworkPolicies",
        "privateEndpointVNetPolicies",
    }
)
"""About private endpoints, of which there are none: accepted whatever they say."""


class NetworkBody(ArmModel):
    """PUT of a virtual network. What only the server sets may be there and is ignored."""

    location: str
    tags: dict[str, Any] | None = None
    properties: dict[str, Any]
    extended_location: None = None
    id: Any = None
    name: Any = None
    type: Any = None
    etag: Any = None
    system_data: Any = None


class TagsBody(ArmModel):
    """PATCH of a virtual network: only tags can change."""

    tags: dict[str, Any] | None = None


class SubnetBody(ArmModel):
    """PUT of a subnet, or one of a virtual network's."""

    name: str | None = None
    properties: dict[str, Any]
    id: Any = None
    type: Any = None
    etag: Any = None


class _AddressSpace(ArmModel):
    address_prefixes: list[str]
    ipam_pool_prefix_allocations: None = None


@dataclass(frozen=True, slots=True)
class SubnetDraft:
    """A checked subnet."""

    name: str
    prefix: str


@dataclass(frozen=True, slots=True)
class NetworkDraft:
    """A checked virtual network.

    :param subnets: None where the body does not speak of subnets: they stay as they are.
    """

    location: str
    tags: Mapping[str, str]
    prefixes: tuple[str, ...]
    subnets: tuple[SubnetDraft, ...] | None


def network_draft(body: NetworkBody, services: Services) -> NetworkDraft:
    """Check a PUT's body by itself.

    :raises InvalidInput: a value is not acceptable; the target names it.
    """
    properties = dict(body.properties)
    target = "properties.addressSpace"
    whole = parse(_AddressSpace, properties.pop("addressSpace", None) or {}, path=target)
    prefixes = space(whole.address_prefixes, f"{target}.addressPrefixes")
    subnets = properties.pop("subnets", None)
    _refuse_others(properties, "properties")
    return NetworkDraft(
        location=known_location(services, body.location, TYPE),
        tags=checked_tags(body.tags),
        prefixes=prefixes,
        subnets=None if subnets is None else tuple(_inline(subnets, prefixes)),
    )


def subnet_draft(
    body: SubnetBody, name: str, within: tuple[str, ...], path: str = "properties"
) -> SubnetDraft:
    """Check a subnet against its virtual network's address space.

    :raises InvalidInput: a value is not acceptable; the target names it.
    """
    if body.name is not None and body.name.lower() != name.lower():
        raise InvalidInput(f"The body names '{body.name[:80]}', the path '{name}'.", target="name")
    check_subnet_name(name)
    properties = dict(body.properties)
    one, several = properties.pop("addressPrefix", None), properties.pop("addressPrefixes", None)
    _refuse_others(properties, path)
    given = [one] if one is not None and not several else several
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], str):
        target = f"{path}.addressPrefix"
        raise InvalidInput(f"'{target}' must be one address prefix.", target=target)
    if one is not None and one != given[0]:
        raise InvalidInput("The subnet has two address prefixes.", target=f"{path}.addressPrefix")
    return SubnetDraft(name, subnet_prefix(given[0], within, f"{path}.addressPrefix"))


def check_network_name(name: str) -> None:
    """Hold a new virtual network's name against Azure's rule.

    :raises InvalidInput: it breaks it.
    """
    _check_name(name, _NETWORK_NAME, "virtual network", 64)


def check_subnet_name(name: str) -> None:
    """Hold a new subnet's name against Azure's rule.

    :raises InvalidInput: it breaks it.
    """
    _check_name(name, _SUBNET_NAME, "subnet", 80)


def _check_name(name: str, rule: re.Pattern[str], what: str, longest: int) -> None:
    if not rule.fullmatch(name):
        raise InvalidInput(
            f"'{name[:80]}' is no name for a {what}: 1 to {longest} letters, digits, '_', '-' and "
            "'.', beginning with a letter or digit and ending with one or '_'.",
            code="InvalidResourceName",
            target="name",
        )


def _inline(subnets: Any, within: tuple[str, ...]) -> Iterator[SubnetDraft]:
    target = "properties.subnets"
    if not isinstance(subnets, list) or len(subnets) > MOST_SUBNETS:
        raise InvalidInput(
            f"'{target}' must be a list of at most {MOST_SUBNETS} subnets.", target=target
        )
    seen: set[str] = set()
    for number, each in enumerate(subnets):
        path = f"{target}[{number}]"
        body = parse(SubnetBody, each, path=path)
        if body.name is None or body.name.lower() in seen:
            raise InvalidInput(f"'{path}.name' must be there, once.", target=f"{path}.name")
        seen.add(body.name.lower())
        yield subnet_draft(body, body.name, within, f"{path}.properties")


def _refuse_others(properties: Mapping[str, Any], path: str) -> None:
    for name, value in properties.items():
        if name in _READ_ONLY | _WITHOUT_EFFECT or _is_off(value):
            continue
        target = f"{path}.{name[:80]}"
        raise InvalidInput(
            f"'{target}' is not supported by this version of Studiolo. Leave it out.",
            code=CODE,
            target=target,
        )


def _is_off(value: Any) -> bool:
    """Whether a value asks for nothing: null, false, empty, or objects and lists of such."""
    if isinstance(value, dict):
        return all(_is_off(each) for each in value.values())
    if isinstance(value, list):
        return all(_is_off(each) for each in value)
    return value is None or value is False or value in ("", "Disabled")
