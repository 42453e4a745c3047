"""What a whole machine uses, where it is a system of its own: a container, or a virtual machine.

Processes that people start as root, in containers of their own or by a timer carry no tag; the
machine's control group counts them all. In a container the group's files lie at the root of the
mounts below `/sys/fs/cgroup`, whichever version of control groups the host has; where it has both,
`cpu.stat` of version 2 is the one that is always there.

`free` shows the same figures: as `total` the limit, as `used` and `shared` together what is used.
Memory that the kernel fills with files, and gives back when it is wanted, does not count.
"""

from dataclasses import dataclass
from pathlib import Path

from studiolo.agent import procfs

GROUPS = Path("/sys/fs/cgroup")
NETWORK = Path("/proc/net/dev")

_NO_LIMIT = 1 << 62
"""Bytes; version 1 writes a number near 2**63 where nothing limits."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One look.

    :param cpu_seconds: processor time since the machine was started.
    :param memory_limit_bytes: None where nothing limits.
    """

    cpu_seconds: float
    memory_bytes: int
    memory_limit_bytes: int | None
    processes: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes that went through an interface since it was made."""

    received: int
    sent: int


def look(groups: Path = GROUPS) -> Whole | None:
    """What the whole machine uses; None where its control group does not say."""
    seconds, memory = _cpu_seconds(groups), _memory(groups)
    if seconds is None or memory is None:
        return None
    return Whole(seconds, *memory, sum(1 for _ in procfs.pids()))


def traffic(interface: str, table: Path = NETWORK) -> Traffic | None:
    """What went through the interface; None where there is none of that name."""
    for line in (_read(table) or "").splitlines():
        name, colon, counters = line.partition(":")
        if colon and name.strip() == interface:
            # proc(5): eight counters of what came, of which bytes are the first, then of what went.
            fields = counters.split()
            return Traffic(int(fields[0]), int(fields[8]))
    return None


def _cpu_seconds(groups: Path) -> float | None:
    for file in (groups / "cpu.stat", groups / "unified" / "cpu.stat"):
        if (microseconds := _statistics(file).get("usage_usec")) is not None:
            return microseconds / 1e6
    nanoseconds = _number(groups / "cpuacct" / "cpuacct.usage")
    return None if nanoseconds is None else nanoseconds / 1e9


def _memory(groups: Path) -> tuple[int, int | None] | None:
    """Bytes used, and their limit."""
    if (used := _number(groups / "memory.current")) is not None:
        files = _files(_statistics(groups / "memory.stat"), "")
        return max(0, used - files), _limit(groups / "memory.max")
    old = groups / "memory"
    if (used := _number(old / "memory.usage_in_bytes")) is None:
        return None
    files = _files(_statistics(old / "memory.stat"), "total_")
    return max(0, used - files), _limit(old / "memory.limit_in_bytes")


def _files(statistics: dict[str, int], prefix: str) -> int:
    return sum(statistics.get(f"{prefix}{kind}_file", 0) for kind in ("active", "inactive"))


def _limit(file: Path) -> int | None:
    limit = _number(file)
    return limit if limit is not None and limit < _NO_LIMIT else None


def _statistics(file: Path) -> dict[str, int]:
    pairs = (line.split() for line in (_read(file) or "").splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _number(file: Path) -> int | None:
    text = (_read(file) or "").strip()
    return int(text) if text.isdigit() else None


def _read(file: Path) -> str | None:
    try:
        return file.read_text()
    except OSError:
        return None
