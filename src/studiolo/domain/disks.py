"""Sizes of a machine's own disks, as an instance's `properties.properties` tells them.

Azure fixes both. Here they are chosen, and grow; they never shrink, because a file system that is
made smaller may lose what is in it.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.domain.errors import InvalidInput

HOME_DISK = "homeDiskSizeGiB"
"""The disk that is the person's home."""

ROOT_DISK = "rootDiskSizeGiB"
"""The disk of the machine's system."""

DISKS = (HOME_DISK, ROOT_DISK)

LEAST_GIB, MOST_GIB = 1, 65536


def check_growth(name: str, present: Mapping[str, Any], wanted: Mapping[str, int]) -> None:
    """Refuse a disk that would be smaller than it is.

    :param name: the instance's.
    :param present: its `properties.properties`; a disk that it does not tell is not compared.
    :raises InvalidInput: with the first such disk as target.
    """
    for disk, size in wanted.items():
        current = present.get(disk, size)
        if size < current:
            raise InvalidInput(
                f"'{disk}' of compute '{name}' is {current} GiB and cannot become {size} GiB: "
                f"disks never shrink. Ask for at least {current}.",
                target=disk,
            )
