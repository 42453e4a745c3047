"""Compute sizes: Azure's names and figures, plus whatever an administrator adds.

The figures are data (`studiolo/data/sizes.json`, source noted in it); this module parses and finds
them. Names compare without regard to case, and the catalogue's spelling wins.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.domain.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,63}", re.ASCII)

_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Size:
    """A compute size.

    :param name: Azure's, for example `Standard_DS3_v2`.
    :param family: Azure's quota family, for example `standardDSv2Family`.
    :param memory_gib: memory in GiB.
    :param temp_disk_mib: temporary disk in MiB; 0 where the size has none.
    :param gpu: model of its GPUs; empty without.
    :param premium_io: whether the size can use premium storage.
    """

    name: str
    family: str
    vcpus: int
    memory_gib: float
    temp_disk_mib: int = 0
    gpus: int = 0
    gpu: str = ""
    premium_io: bool = False


class SizesError(ValueError):
    """A file of sizes is not what it should be; the message says where."""


class Catalogue:
    """All sizes of a deployment.

    :param gpus: how many GPUs one machine can be given here; None where nothing limits it.
    """

    def __init__(self, sizes: Iterable[Size], *, gpus: int | None = None) -> None:
        self._by_name = {size.name.lower(): size for size in sizes}
        self._gpus = gpus

    def __len__(self) -> int:
        return len(self._by_name)

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Every size, by family and then by vCPUs."""
        return tuple(
            sorted(self._by_name.values(), key=lambda size: (size.family, size.vcpus, size.name))
        )

    @property
    def families(self) -> tuple[str, ...]:
        """Every quota family, sorted."""
        return tuple(sorted({size.family for size in self._by_name.values()}))

    def family(self, name: str) -> str | None:
        """The catalogue's spelling of a family; None if there is none of that name."""
        return next((each for each in self.families if each.lower() == name.lower()), None)

    def find(self, name: str) -> Size | None:
        """The size of that name, whatever its case."""
        return self._by_name.get(name.lower())

    def require(self, name: str, *, target: str = "properties.properties.vmSize") -> Size:
        """The size of that name, if a machine of it can be made here.

        :raises InvalidInput: there is none, the message names the nearest ones; or it has more
            GPUs than there are, code `SkuNotAvailable`.
        """
        size = self.find(name)
        if size is None:
            raise InvalidInput(self._unknown(name), target=target)
        if self._gpus is not None and size.gpus > self._gpus:
            raise InvalidInput(
                f"The compute size '{size.name}' needs GPUs: {size.gpus} of {size.gpu}. This "
                f"region can give a machine {self._gpus}. Choose a size with no more, or another "
                "region.",
                code="SkuNotAvailable",
                target=target,
            )
        return size

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name.lower(), self._by_name, n=_SUGGESTIONS, cutoff=0.6)
        known = [self._by_name[each].name for each in near]
        hint = f"Did you mean {', '.join(known)}?" if known else "List the sizes of the region."
        return f"There is no compute size '{name[:80]}' here. {hint}"

    def with_added(self, added: Iterable[Size]) -> "Catalogue":
        """Join `added`, which win where names are equal."""
        return Catalogue([*self._by_name.values(), *added], gpus=self._gpus)

    def with_gpus(self, gpus: int) -> "Catalogue":
        """The same sizes where one machine can be given at most `gpus` GPUs."""
        return Catalogue(self._by_name.values(), gpus=gpus)


def parse_sizes(document: Any) -> tuple[Size, ...]:
    """Read a document of sizes: `{"families": {family: [size, ...]}}`.

    A size is an object with `name`, `vcpus`, `memoryGiB` and, where they apply, `tempDiskMiB`,
    `gpus`, `gpu`, `premiumIO`.

    :raises SizesError: it is not such a document; the message says where.
    """
    families = document.get("families") if isinstance(document, Mapping) else None
    if not isinstance(families, Mapping):
        raise SizesError("the document must be an object with an object 'families'")
    sizes = [
        _size(family, entry, f"families.{family}[{index}]")
        for family, entries in families.items()
        for index, entry in enumerate(_entries(family, entries))
    ]
    names = [size.name.lower() for size in sizes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SizesError(f"sizes are listed twice: {', '.join(twice)}")
    return tuple(sizes)


def _entries(family: str, entries: Any) -> list[Any]:
    if not _FAMILY.fullmatch(family):
        raise SizesError(f"'{family}' is no name for a family")
    if not isinstance(entries, list):
        raise SizesError(f"families.{family} must be a list")
    return entries


_FIELDS = frozenset({"name", "vcpus", "memoryGiB", "tempDiskMiB", "gpus", "gpu", "premiumIO"})


def _size(family: str, entry: Any, where: str) -> Size:
    if not isinstance(entry, Mapping):
        raise SizesError(f"{where} must be an object")
    if unknown := sorted(set(entry) - _FIELDS):
        raise SizesError(f"{where} has unknown fields: {', '.join(unknown)}")
    name = entry.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SizesError(f"{where}.name must be letters, digits, '_' or '-'")
    return Size(
        name=name,
        family=family,
        vcpus=_whole(entry, "vcpus", where, least=1),
        memory_gib=_memory(entry, where),
        temp_disk_mib=_whole(entry, "tempDiskMiB", where),
        gpus=_whole(entry, "gpus", where),
        gpu=str(entry.get("gpu", "")),
        premium_io=entry.get("premiumIO", False) is True,
    )


def _whole(entry: Mapping[str, Any], field: str, where: str, *, least: int = 0) -> int:
    value = entry.get(field, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SizesError(f"{where}.{field} must be a whole number of at least {least}")
    return value


def _memory(entry: Mapping[str, Any], where: str) -> float:
    value = entry.get("memoryGiB")
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise SizesError(f"{where}.memoryGiB must be a number above 0")
    return float(value)
