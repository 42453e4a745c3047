"""Memory and processor time of processes, from /proc."""

import os
import time
from pathlib import Path

MIB = 2**20
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process since its start, its threads included."""
    # The name may hold spaces and brackets; the fields begin after its last bracket.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cpu_share(pids: list[int], seconds: float) -> float:
    """Percent of one core that `pids` use together, over the next `seconds`."""
    used, began = sum(map(cpu_seconds, pids)), time.perf_counter()
    time.sleep(seconds)
    used = sum(map(cpu_seconds, pids)) - used
    return 100 * used / (time.perf_counter() - began)


def rss(pids: list[int]) -> float:
    """MiB of resident memory, each shared page counted once for every process that maps it."""
    return _sum(pids, "status", "VmRSS:")


def pss(pids: list[int]) -> float:
    """MiB of resident memory, each shared page divided among those that map it."""
    return _sum(pids, "smaps_rollup", "Pss:")


def _sum(pids: list[int], file: str, field: str) -> float:
    total = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith(field))
    return total * 1024 / MIB


def with_descendants(pid: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue  # it has ended meanwhile
            children.setdefault(int(parent), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found
