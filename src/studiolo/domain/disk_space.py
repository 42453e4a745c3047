"""When a disk is said to be nearly full."""

from collections.abc import Mapping
from typing import Any

LOW_BYTES = 5 * 10**9
"""Azure Machine Learning says of its instances: keep 5 GB free, or starting may fail."""

_SMALL = 10
"""Of a disk that is small itself, a tenth is little enough."""

_GIB = 1024**3


def warnings(name: str, disks: object) -> list[str]:
    """A sentence for each disk of the instance `name` that is nearly full.

    :param disks: what the machine's agent says, `{name: {freeBytes, totalBytes}}`; it comes from
        where people run their own programs, and may be anything.
    """
    told = disks if isinstance(disks, Mapping) else {}
    return [
        _sentence(name, str(disk)[:40], free, total)
        for disk, sizes in sorted(told.items(), key=lambda item: str(item[0]))
        if isinstance(sizes, Mapping)
        for free, total in [(_bytes(sizes, "freeBytes"), _bytes(sizes, "totalBytes"))]
        if total and free < min(LOW_BYTES, total // _SMALL)
    ]


def _bytes(sizes: Mapping[Any, Any], field: str) -> int:
    value = sizes.get(field)
    return value if isinstance(value, int) and value > 0 else 0


def _sentence(name: str, disk: str, free: int, total: int) -> str:
    return (
        f"The {disk} disk of '{name}' has {free / _GIB:.1f} GiB of {total / _GIB:.1f} GiB left. "
        "Remove what is not needed, or give it a larger one with 'compute resize'."
    )
