"""Processes, as /proc shows them: found by tag, told apart by start time, ended for certain.

A pid alone names nothing for long; a process is (pid, start time), and signals go through a pidfd
that is checked against the start time after it was opened.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from studiolo.engines.process.environment import GENERATION, TAG

_PROC = Path("/proc")
_DEAD = "ZX"
_SETTLE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Process:
    """One process.

    :param started: clock ticks since boot (`starttime` of proc(5)).
    :param tag: value of `STUDIOLO_MACHINE` it was started with; None where unreadable or unset.
    :param generation: value of `STUDIOLO_GENERATION`, 0 where unset.
    """

    pid: int
    started: int
    parent: int = 0
    tag: str | None = None
    generation: int = 0
    argv: tuple[str, ...] = field(default=(), repr=False)

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return start_time(self.pid) == self.started

    def send(self, number: int) -> None:
        """Signal this process, never another that has taken its pid. Gone is fine."""
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.pid)
            try:
                if self.alive():
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)

    def wait(self, seconds: float) -> bool:
        """Block until it has ended; False if it has not within `seconds`."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive():
                return True
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        finally:
            os.close(descriptor)


def boot_id() -> str:
    """Names this boot of the host: start times of another boot mean nothing."""
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def start_time(pid: int) -> int | None:
    """Start time of `pid`; None if it does not run."""
    found = _stat(pid)
    return None if found is None else found[1]


def _stat(pid: int) -> tuple[int, int] | None:
    """(parent, start time); None for what is gone or dead."""
    try:
        text = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The second field, the command in brackets, may hold anything: count from its end.
    rest = text[text.rindex(b")") + 2 :].split()
    if rest[0].decode() in _DEAD:
        return None
    return int(rest[1]), int(rest[19])


def _variables(pid: int) -> Mapping[str, str]:
    try:
        data = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    wanted = (f"{TAG}=".encode(), f"{GENERATION}=".encode())
    pairs = (entry.split(b"=", 1) for entry in data.split(b"\0") if entry.startswith(wanted))
    return {name.decode(): value.decode(errors="replace") for name, value in pairs}


def _arguments(pid: int) -> tuple[str, ...]:
    try:
        data = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(os.fsdecode(part) for part in data.split(b"\0")[:-1])


def look_up(pid: int) -> Process | None:
    """The process `pid` as it is now."""
    found = _stat(pid)
    if found is None:
        return None
    variables = _variables(pid)
    generation = variables.get(GENERATION, "0")
    tag = variables.get(TAG)
    return Process(
        pid=pid,
        started=found[1],
        parent=found[0],
        tag=tag,
        generation=int(generation) if generation.isdecimal() else 0,
        argv=_arguments(pid) if tag is not None else (),
    )


def snapshot() -> tuple[Process, ...]:
    """Every process of the host that runs now. A few milliseconds per hundred."""
    pids = (int(name) for name in os.listdir(_PROC) if name.isdecimal())  # noqa: PTH208 - hot
    return tuple(found for pid in pids if (found := look_up(pid)) is not None)


def family(
    processes: Iterable[Process], tag: str, also: Collection[int] = ()
) -> tuple[Process, ...]:
    """Processes that carry `tag` or are named by pid in `also`, and all that descend from them."""
    every = tuple(processes)
    children: dict[int, list[Process]] = {}
    for process in every:
        children.setdefault(process.parent, []).append(process)
    found: dict[int, Process] = {}
    queue = [process for process in every if process.tag == tag or process.pid in also]
    while queue:
        process = queue.pop()
        if process.pid not in found and process.pid != os.getpid():
            found[process.pid] = process
            queue.extend(children.get(process.pid, ()))
    return tuple(found.values())


def end_family(find: Callable[[], tuple[Process, ...]], *, seconds: float) -> tuple[Process, ...]:
    """Kill everything `find` finds until it finds nothing; returns what is left after `seconds`.

    Each round halts the whole family before it kills any of it, so that none can start another, or
    escape to init, between being seen and being killed.
    """
    deadline = time.monotonic() + seconds
    while found := find():
        _halt_all(found, find)
        for process in find():
            process.send(signal.SIGKILL)
        if time.monotonic() >= deadline:
            return find()
        time.sleep(_SETTLE_SECONDS)
    return ()


def _halt_all(found: tuple[Process, ...], find: Callable[[], tuple[Process, ...]]) -> None:
    halted: set[tuple[int, int]] = set()
    while new := [p for p in found if (p.pid, p.started) not in halted]:
        for process in new:
            process.send(signal.SIGSTOP)
            halted.add((process.pid, process.started))
        found = find()
