"""What a region gives to the instances that are made in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from studiolo.domain.quota import TOTAL
from studiolo.domain.sizes import Catalogue


@dataclass(frozen=True, slots=True)
class Region:
    """One place where machines can be made: an engine at an address.

    :param name: its location, as Azure calls it.
    :param catalogue: the sizes that can be had there.
    :param total_vcpus: quota over all families, until an administrator sets another.
    :param family_vcpus: quota of a family, likewise.
    :param disk_gib: size of a machine's disk in GiB: of its home where that is a disk apart.
    :param root_gib: size of the root disk in GiB where the home is apart; 0 where it is not.
    :param shares: whether its machines see their workspace's file share.
    :param share_owner: user and group id that its machines write the share as; None where that is
        whoever runs the control plane.
    """

    name: str
    catalogue: Catalogue
    total_vcpus: int = 100
    family_vcpus: int = 100
    disk_gib: int = 120
    root_gib: int = 0
    shares: bool = True
    share_owner: int | None = None

    def limits(self, family: str) -> Mapping[str, int]:
        """The configured limits of the counters that an instance of `family` is held by."""
        return {family: self.family_vcpus, TOTAL: self.total_vcpus}
