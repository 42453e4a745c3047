"""What the machine's processes use, and how full its disks are."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from studiolo.agent import procfs

_FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk, in bytes.

    :param free: what the machine's user may still write.
    """

    used: int = 0
    free: int = 0
    total: int = 0

    @classmethod
    def at(cls, path: str) -> Self:
        """The disk that holds `path`; all zero where that folder is gone."""
        try:
            found = os.statvfs(path)
        except OSError:  # the folder was deleted under the machine
            return cls()
        unit = found.f_frsize
        used = (found.f_blocks - found.f_bfree) * unit
        return cls(used, found.f_bavail * unit, found.f_blocks * unit)


@dataclass(frozen=True, slots=True)
class Usage:
    """One sample.

    :param cpu_percent: since the sample before; 100 is one processor, so it may be more.
    :param cpu_seconds: processor time of all live processes and the children they waited for.
    :param memory_bytes: memory that is no other process's too; see :func:`procfs.private_bytes`.
    :param memory_limit_bytes: None where the machine has no limit.
    :param disk: the one that the machine's files are on.
    :param disks: by name, where the machine has several.
    """

    cpu_percent: float
    cpu_seconds: float
    memory_bytes: int
    memory_limit_bytes: int | None
    processes: int
    disk: Disk
    disks: Mapping[str, Disk] = field(default_factory=dict)


class UsageMeter:
    """Samples on demand; a sample is good for two seconds.

    :param tag: the machine's; every process that carries it counts, and this one.
    :param disk: a path on the disk to report.
    :param disks: name to path of those that are reported one by one.
    """

    def __init__(
        self, tag: str, disk: str, memory_limit_mib: int | None, disks: Mapping[str, str]
    ) -> None:
        self._tag = tag
        self._disk = disk
        self._disks = dict(disks)
        self._limit = None if memory_limit_mib is None else memory_limit_mib * 1024 * 1024
        self._sampled = time.monotonic()
        self._last: Usage | None = None
        self._cpu_before = self._processes()[0]

    def sample(self) -> Usage:
        """The present use, or that of a moment ago."""
        now = time.monotonic()
        if self._last and now - self._sampled < _FRESH_SECONDS:
            return self._last
        cpu, memory, count = self._processes()
        elapsed = max(now - self._sampled, 0.001)
        # The sum falls when a process ends whose parent is not the machine's.
        percent = max(0.0, 100 * (cpu - self._cpu_before) / elapsed)
        disks = {name: Disk.at(path) for name, path in self._disks.items()}
        self._sampled, self._cpu_before = now, cpu
        disk = Disk.at(self._disk)
        self._last = Usage(round(percent, 1), cpu, memory, self._limit, count, disk, disks)
        return self._last

    def _processes(self) -> tuple[float, int, int]:
        """Processor seconds, bytes of memory, and how many processes there are."""
        found = {stat.pid: stat for stat in procfs.tagged(self._tag)}
        if own := procfs.stat(os.getpid()):
            found[own.pid] = own
        memory = sum(map(procfs.private_bytes, found))
        return sum(stat.cpu_seconds for stat in found.values()), memory, len(found)
