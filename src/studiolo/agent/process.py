"""Processes that outlive the agent: started in sessions of their own, adopted by its successor.

The agent is the reaper of everything below it (`PR_SET_CHILD_SUBREAPER`, prctl(2)): whatever loses
its parent becomes the agent's child. :class:`Reaper` therefore waits for *every* child and hands on
the exit status of those it was asked about. Nothing in the agent may use asyncio's or
`subprocess`'s own waiting, which would race with it.

An adopted process is nobody's child here; its end is noticed through a pidfd, without a status.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studiolo.agent import procfs

_PR_SET_CHILD_SUBREAPER = 36

_log = logging.getLogger(__name__)


class Reaper:
    """Waits for all children of this process, its own and the orphans it inherits."""

    def __init__(self) -> None:
        self._waiting: dict[int, Callable[[int], None]] = {}

    def install(self) -> None:
        """Become the reaper of all descendants, on the running event loop.

        :raises OSError: the kernel refuses.
        """
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            code = ctypes.get_errno()
            raise OSError(code, f"cannot become a child subreaper: {os.strerror(code)}")
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self.reap)

    def expect(self, pid: int, ended: Callable[[int], None]) -> None:
        """Call `ended` with the exit code of this child (negative: the signal that ended it).

        Called in the same step of the event loop that made the child, so that `reap` cannot come
        in between.
        """
        self._waiting[pid] = ended

    def reap(self) -> None:
        """Collect every child that has ended."""
        while True:
            try:
                result = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG)
            except ChildProcessError:
                return
            if result is None:
                return
            by_exit = result.si_code == os.CLD_EXITED
            if ended := self._waiting.pop(result.si_pid, None):
                ended(result.si_status if by_exit else -result.si_status)


@dataclass(frozen=True, slots=True)
class Identity:
    """A process for certain: its pid, and when it started in clock ticks since boot."""

    pid: int
    start_time: int


class Process:
    """A live process of the machine, a child or adopted.

    :param ended: becomes a sentence about how the process ended, once it has.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as this agent knows."""
        return not self.ended.done()

    def finish(self, how: str) -> None:
        """Note its end, once."""
        if not self.ended.done():
            self.ended.set_result(how)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process group; silently nothing if it has ended.

        While the leader is not reaped its pid, and so the group's number, cannot be used again.
        """
        if self.alive and procfs.is_alive(self.identity.pid, self.identity.start_time):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.identity.pid, number)

    async def stop(self, grace: float) -> None:
        """SIGTERM, then SIGKILL after `grace` seconds; returns when it has ended.

        A process that even SIGKILL does not end (it waits for a dead disk) is left after some
        seconds more.
        """
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
            self.signal(number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await asyncio.shield(self.ended)
                return
        _log.error("process %d does not end", self.identity.pid)


def launch(
    reaper: Reaper,
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    output: BinaryIO,
) -> Process:
    """Start a process in a session of its own.

    Runs on the event loop's thread: see :meth:`Reaper.expect`.

    :raises OSError: it cannot be started.
    """
    popen = subprocess.Popen(  # noqa: S603 - the command is the agent's own
        command,
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    found = procfs.stat(popen.pid)
    process = Process(Identity(popen.pid, found.start_time if found else 0))

    def ended(code: int) -> None:
        popen.returncode = code  # Popen must not wait for it again
        process.finish(_how_it_ended(code))

    reaper.expect(popen.pid, ended)
    return process


def adopt(identity: Identity, tag: str) -> Process | None:
    """Take over a process that a former agent started; None if it is gone or is another.

    The pidfd is opened first: from then on the pid cannot come to mean another process unnoticed.
    """
    try:
        descriptor = os.pidfd_open(identity.pid)
    except OSError:
        return None
    if not is_ours(identity, tag):
        os.close(descriptor)
        return None
    process = Process(identity)
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        process.finish("The process ended; it was started by a former agent, so how is not known.")

    loop.add_reader(descriptor, ended)
    return process


def is_ours(identity: Identity, tag: str) -> bool:
    """Whether that very process lives and carries the machine's tag."""
    alive = procfs.is_alive(identity.pid, identity.start_time)
    return alive and procfs.has_tag(identity.pid, tag)


def find(tag: str, arguments: Sequence[str]) -> Identity | None:
    """Find the machine's process with exactly these arguments (the program's name aside).

    For a process that the state file does not know: the agent died, or the disk was full, between
    start and record.
    """
    for found in procfs.tagged(tag):
        if procfs.command(found.pid)[-len(arguments) :] == tuple(arguments):
            return Identity(found.pid, found.start_time)
    return None


async def end_all(tag: str, grace: float) -> None:
    """End every process of the machine but this one and those it descends from.

    SIGTERM to all, and SIGKILL to what is left after `grace` seconds.
    """
    spared = procfs.ancestors(os.getpid())
    deadline = asyncio.get_running_loop().time() + grace
    _signal_each(tag, spared, signal.SIGTERM)
    # Polled: nothing tells a process of the end of one that is not its child.
    while _others(tag, spared) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    _signal_each(tag, spared, signal.SIGKILL)


def end_remains(tag: str, leader: int) -> None:
    """Kill what a dead process left behind and nothing can reach any more.

    That is the rest of its process group, and a Jupyter server's kernels, which live in sessions of
    their own: a kernel knows its server by `JPY_PARENT_PID` and reads a connection file
    `kernel-*.json`. What people started themselves (nohup, tmux) stays.
    """
    for found in procfs.tagged(tag):
        if found.group == leader or _is_kernel_of(found.pid, leader):
            _log.info("killing %d, which was left behind by %d", found.pid, leader)
            _kill(found.pid, signal.SIGKILL)


def _is_kernel_of(pid: int, server: int) -> bool:
    variables = procfs.environment(pid) or {}
    if variables.get(b"JPY_PARENT_PID") != str(server).encode():
        return False
    names = (Path(argument).name for argument in procfs.command(pid))
    return any(name.startswith("kernel-") and name.endswith(".json") for name in names)


def _others(tag: str, spared: frozenset[int]) -> list[int]:
    return [found.pid for found in procfs.tagged(tag) if found.pid not in spared]


def _signal_each(tag: str, spared: frozenset[int], number: signal.Signals) -> None:
    for pid in _others(tag, spared):
        _kill(pid, number)


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"The process ended with exit code {code}."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (often for want of memory)" if name == "SIGKILL" else ""
    return f"The process was ended by {name}{hint}."
