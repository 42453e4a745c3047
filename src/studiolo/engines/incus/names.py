"""How the daemon's objects are called and marked."""

import re
from collections.abc import Mapping
from typing import Any

from studiolo.engines.base import Permanent

_MACHINE_ID = re.compile(r"[a-z][a-z0-9-]{0,40}")
_SNAPSHOT = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_NETWORK = re.compile(r"[a-z][a-z0-9]{1,14}")

DEPLOYMENT = "user.studiolo.deployment"
GENERATION = "user.studiolo.generation"
MADE = "user.studiolo.made"
"""Set once the container has been made whole; without it a crash cut its making short."""

MACHINES_ONLY = "user.studiolo.machines"
"""Set by an administrator on a network that nothing but machines uses: it may be given rules."""

EMPTIED = "user.studiolo.emptied"
"""Set on a cluster's member that an administrator wants no machines on."""

MOVING = "user.studiolo.moving"
"""Set on a running container that is moved to another member: it is to run again afterwards."""

IMAGE_VERSION = "image.studiolo.version"
NIC = "eth0"
HOME = "home"
TEMP = "temp"


def machine_name(machine_id: str) -> str:
    """The container's name, which is the machine's id.

    :raises Permanent: it is no plain name, and could mean another object.
    """
    if not _MACHINE_ID.fullmatch(machine_id):
        raise Permanent(f"{machine_id[:80]!r} is not the id of a machine.")
    return machine_id


def snapshot_name(name: str) -> str:
    """The name of a snapshot, as its person chose it, or of the machine it is copied to.

    :raises Permanent: it is no plain name, and could mean another object.
    """
    if not _SNAPSHOT.fullmatch(name):
        raise Permanent(f"{name[:80]!r} is not the name of a snapshot.")
    return name


def network_name(network_id: str) -> str:
    """The name of a subnet's bridge, which is the subnet's id.

    :raises Permanent: it is no name that the kernel gives an interface.
    """
    if not _NETWORK.fullmatch(network_id):
        raise Permanent(f"{network_id[:80]!r} is not the id of a network.")
    return network_id


def image_alias(image: str, variant: str) -> str:
    """The daemon's alias of the newest image of a kind."""
    return f"studiolo-{image}-{variant}"


def instance_path(machine_id: str) -> str:
    """Below `/1.0`.

    :raises Permanent: the id is no machine's.
    """
    return f"/instances/{machine_name(machine_id)}"


def volume_name(machine_id: str, disk: str) -> str:
    """The custom volume of a machine's `home` or `temp` disk."""
    return f"{machine_name(machine_id)}-{disk}"


def owner(thing: Mapping[str, Any]) -> str | None:
    """The deployment an instance or volume belongs to; None for a stranger's."""
    return (thing.get("config") or {}).get(DEPLOYMENT)
