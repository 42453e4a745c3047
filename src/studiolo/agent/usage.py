"""What the machine uses, and how full its disks are.

A machine that is a system of its own is counted whole (`whole.py`); of one that shares the host's,
the processes that carry its tag are.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from studiolo.agent import procfs, whole
from studiolo.agent.whole import Traffic, Whole
from studiolo.domain.machine import AgentConfig

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
    :param cpu_seconds: processor time since the machine was started; of one that shares the host's
        system, that of all live processes and the children they waited for.
    :param memory_bytes: memory in use, without what the kernel keeps of files; of one that shares
        the host's system, memory that is no other process's too (:func:`procfs.private_bytes`).
    :param memory_limit_bytes: None where the machine has no limit.
    :param traffic: None where the machine has no network of its own.
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
    traffic: Traffic | None = None


class UsageMeter:
    """Samples on demand; a sample is good for two seconds."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        limit = config.memory_limit_mib
        self._limit = None if limit is None else limit * 1024 * 1024
        self._sampled = time.monotonic()
        self._last: Usage | None = None
        self._cpu_before = self._look().cpu_seconds

    def sample(self) -> Usage:
        """The present use, or that of a moment ago."""
        now = time.monotonic()
        if self._last and now - self._sampled < _FRESH_SECONDS:
            return self._last
        seen = self._look()
        elapsed = max(now - self._sampled, 0.001)
        # The sum falls when a process ends whose parent is not the machine's.
        percent = max(0.0, 100 * (seen.cpu_seconds - self._cpu_before) / elapsed)
        self._sampled, self._cpu_before = now, seen.cpu_seconds
        interface = self._config.interface
        self._last = Usage(
            round(percent, 1),
            seen.cpu_seconds,
            seen.memory_bytes,
            seen.memory_limit_bytes,
            seen.processes,
            Disk.at(self._config.disk_path),
            {name: Disk.at(path) for name, path in self._config.disks.items()},
            whole.traffic(interface) if interface else None,
        )
        return self._last

    def _look(self) -> Whole:
        """The machine, as widely as it can be seen."""
        seen = whole.look() if self._config.own_system else None
        return seen or self._processes()

    def _processes(self) -> Whole:
        """Every process that carries the machine's tag, and this one."""
        found = {stat.pid: stat for stat in procfs.tagged(self._config.tag)}
        if own := procfs.stat(os.getpid()):
            found[own.pid] = own
        seconds = sum(stat.cpu_seconds for stat in found.values())
        return Whole(seconds, sum(map(procfs.private_bytes, found)), self._limit, len(found))
