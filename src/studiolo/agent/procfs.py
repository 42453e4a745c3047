"""What `/proc` says of processes: who they are, whose they are, and what they use.

A process is named by its pid *and* its start time, because pids are used again. Figures follow
proc(5). Every function answers None, or leaves a process out, when it is gone or belongs to
another user.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

TAG_VARIABLE = "STUDIOLO_MACHINE"
"""Environment variable by which every process of a machine is known."""


@dataclass(frozen=True, slots=True)
class Stat:
    """The part of `/proc/<pid>/stat` that is used here.

    :param name: the program's name, 15 bytes at most.
    :param terminal: number of its controlling terminal; 0 if it has none.
    :param foreground: the process group in that terminal's foreground.
    :param start_time: clock ticks since boot (field 22).
    :param cpu_seconds: user and system time, with that of children it has waited for.
    :param zombie: it has ended and waits to be reaped.
    """

    pid: int
    name: str
    parent: int
    group: int
    terminal: int
    foreground: int
    start_time: int
    cpu_seconds: float
    zombie: bool


def stat(pid: int) -> Stat | None:
    """Read one process; None if there is none."""
    content = _read(pid, "stat")
    if not content:
        return None
    # The name, field 2, stands in parentheses and may hold anything: spaces, parentheses, newlines.
    end = content.rindex(b")")
    fields = content[end + 2 :].split()
    # fields[0] is field 3 of proc(5); utime, stime, cutime and cstime are fields 14 to 17.
    return Stat(
        pid=pid,
        name=os.fsdecode(content[content.index(b"(") + 1 : end]),
        parent=int(fields[1]),
        group=int(fields[2]),
        terminal=int(fields[4]),
        foreground=int(fields[5]),
        start_time=int(fields[19]),
        cpu_seconds=sum(map(int, fields[11:15])) / _TICKS,
        zombie=fields[0] in (b"Z", b"X"),
    )


def is_alive(pid: int, start_time: int) -> bool:
    """Whether the very process still runs (a zombie does not)."""
    found = stat(pid)
    return found is not None and found.start_time == start_time and not found.zombie


def environment(pid: int) -> dict[bytes, bytes] | None:
    """The variables the process was started with."""
    content = _read(pid, "environ")
    if content is None:
        return None
    return dict(entry.split(b"=", 1) for entry in content.split(b"\0") if b"=" in entry)


def has_tag(pid: int, tag: str) -> bool:
    """Whether the process carries this machine's tag."""
    variables = environment(pid)
    return variables is not None and variables.get(TAG_VARIABLE.encode()) == os.fsencode(tag)


def command(pid: int) -> tuple[str, ...]:
    """The arguments of the process, the program's own name first; empty if it is gone."""
    content = _read(pid, "cmdline") or b""
    return tuple(os.fsdecode(part) for part in content.removesuffix(b"\0").split(b"\0"))


def private_bytes(pid: int) -> int:
    """Memory that would come free if the process ended: resident pages that are not shared.

    Shared pages (libraries, mapped files) would otherwise be counted once per process. Exact
    accounting (`smaps_rollup`) walks every page and slows down the very processes it looks at.
    """
    content = _read(pid, "statm")
    if not content:
        return 0
    _, resident, shared, *_ = map(int, content.split())
    return max(0, resident - shared) * _PAGE


def pids() -> Iterator[int]:
    """Every pid there is, at about this moment."""
    return (int(entry.name) for entry in os.scandir(_PROC) if entry.name.isdigit())


def tagged(tag: str) -> Iterator[Stat]:
    """Every live process that carries the tag."""
    for pid in pids():
        if has_tag(pid, tag) and (found := stat(pid)) and not found.zombie:
            yield found


def children(parent: int) -> Iterator[Stat]:
    """The live children of a process."""
    for pid in pids():
        if (found := stat(pid)) and found.parent == parent and not found.zombie:
            yield found


def ancestors(pid: int) -> frozenset[int]:
    """The process itself, its parent, and so on up to the first."""
    chain: set[int] = set()
    while pid and pid not in chain and (found := stat(pid)):
        chain.add(pid)
        pid = found.parent
    return frozenset(chain)


def _read(pid: int, name: str) -> bytes | None:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:  # gone, or another user's
        return None
