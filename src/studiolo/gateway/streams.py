"""Cutting the open streams of an instance when somebody's right to it ends.

The gate is asked when a WebSocket opens, and never again. Caddy has no command to close one
machine's streams, and a reload would close everybody's. But both ends of a stream are sockets, and
shutting one down ends it for every process that holds it. So: borrow Caddy's sockets
(pidfd_getfd, Linux 5.6), keep those whose peer is the machine, shut those down. Whoever still has
a right reconnects through the gate, as JupyterLab does by itself; whoever has none does not.

It needs nothing of the machine, costs nothing while streams flow, and reaches streams that were
opened before the control plane last started. Where the kernel forbids it (a container's seccomp
filter may), Caddy is ended instead: all streams are cut, and the launcher starts it again.
"""

import asyncio
import ctypes
import errno
import logging
import os
import signal
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from studiolo.domain.machine import APPLICATION_PORTS
from studiolo.gateway.backend import Machine
from studiolo.gateway.cache import CACHE_SECONDS, CachedBackend
from studiolo.gateway.process import Identity

_PIDFD_GETFD = 438
"""The system call's number, the same on every architecture (it came after they were unified)."""

_log = logging.getLogger(__name__)
_libc = ctypes.CDLL(None, use_errno=True)


class CannotCut(Exception):
    """The kernel does not let us borrow Caddy's sockets."""


def cut_streams(caddy: Identity, machine: Machine) -> int:
    """Shut down every connection from Caddy to the machine; return how many there were.

    Idle connections that Caddy keeps for the next request are among them, harmlessly.

    :raises CannotCut: the kernel forbids it.
    """
    try:
        handle = os.pidfd_open(caddy.pid)
    except ProcessLookupError:
        return 0
    try:
        if not caddy.alive():
            return 0
        return sum(_shut_if_of(machine, borrowed) for borrowed in _sockets(caddy.pid, handle))
    finally:
        os.close(handle)


def _sockets(pid: int, handle: int) -> Iterator[socket.socket]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if not str(entry.readlink()).startswith("socket:"):
                continue
        except FileNotFoundError:
            continue
        number = _libc.syscall(_PIDFD_GETFD, handle, int(entry.name), 0)
        if number >= 0:
            with socket.socket(fileno=number) as borrowed:
                yield borrowed
        elif ctypes.get_errno() in {errno.EPERM, errno.ENOSYS, errno.EACCES}:
            raise CannotCut(os.strerror(ctypes.get_errno()))


def _shut_if_of(machine: Machine, connection: socket.socket) -> bool:
    try:
        peer = connection.getpeername()
    except OSError:
        return False  # a listener, or a connection that is just ending
    if not _is_of(peer, machine):
        return False
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return False
    return True


def _is_of(peer: object, machine: Machine) -> bool:
    match peer:
        case str() if machine.sockets:
            return peer.startswith(machine.sockets.rstrip("/") + "/")
        case (str(address), int(port), *_) if port in APPLICATION_PORTS:
            return _is_at(address, machine)
    return False


def _is_at(address: str, machine: Machine) -> bool:
    """A browser's own port may look like an application's; its connection is then cut in vain."""
    if machine.lost:
        return not ip_address(address).is_loopback
    return address == machine.address


class Revoker:
    """Makes the end of a right true at once.

    :param pid_file: Caddy's, as the launcher keeps it.
    :param cached: the gate's memory in this process.
    :param settle: seconds until no decision taken before the call can still open a stream; other
        replicas remember for :data:`CACHE_SECONDS`, and a request may be on its way.
    """

    def __init__(
        self, pid_file: Path, cached: CachedBackend, *, settle: float = CACHE_SECONDS + 1.0
    ) -> None:
        self._pid_file = pid_file
        self._cached = cached
        self._settle = settle

    async def revoke(self, machine: Machine) -> None:
        """Call after the change is committed, as a background task: it lasts `settle` seconds.

        The machine's streams are cut now, and once more when nothing decided before is left.
        """
        self._cached.forget()
        await self._cut(machine)
        await asyncio.sleep(self._settle)
        await self._cut(machine)

    async def _cut(self, machine: Machine) -> None:
        caddy = Identity.read(self._pid_file)
        if caddy is None:
            return
        try:
            await asyncio.to_thread(cut_streams, caddy, machine)
        except CannotCut as error:
            _log.warning("cutting all streams: one machine's cannot be cut alone (%s)", error)
            caddy.signal(signal.SIGTERM)
