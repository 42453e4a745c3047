"""ASGI applications on unix sockets in one event loop.

A socket is bound under a temporary name with mode 0600 and renamed into place, so that a stale
socket of a crashed control plane is replaced in one step and no client ever sees one that anybody
may open. Locks (`flock`, which the kernel drops with the process) keep a second control plane away.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

GRACE_SECONDS = 3
"""How long open requests may take to finish once the process was asked to end."""

CONTROL_PLANE_LOCK = "cp.lock"
"""In the run folder; held by the control plane, names its process id."""

CADDY_PID = "caddy.pid"
"""In the run folder; written by the launcher, read by the control plane to cut streams."""


class AlreadyServed(Exception):
    """Another process holds a lock that only one may hold; `str(error)` is for a person."""


def private_folder(path: Path) -> None:
    """Make `path` a folder that only its owner may enter.

    :raises PermissionError: it exists and belongs to somebody else, or is a symbolic link.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = path.lstat()
    if path.is_symlink() or status.st_uid != os.getuid():
        raise PermissionError(
            f"{path} belongs to another user or is a symbolic link; remove it or choose another"
        )
    if status.st_mode & 0o077:
        path.chmod(0o700)


@contextlib.contextmanager
def only_one(lock: Path, what: str) -> Iterator[None]:
    """Hold `lock` for the block; the file names the holder's process id.

    :param what: a sentence's subject, for example "a control plane of /home/ann/studiolo".
    :raises AlreadyServed: another process holds it.
    """
    with lock.open("a+", encoding="ascii") as file:
        lock.chmod(0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise AlreadyServed(
                f"{what} is already running as process {pid}; stop that one first"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def listen(path: Path) -> socket.socket:
    """A listening unix socket at `path`, mode 0600, in place of whatever socket was there."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(temporary))
        temporary.chmod(0o600)
        listener.listen(2048)
        temporary.replace(path)
    except BaseException:
        listener.close()
        temporary.unlink(missing_ok=True)
        raise
    return listener


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """Listen at `path` for the block; afterwards nothing of it is left."""
    listener = listen(path)
    inode = path.stat().st_ino
    try:
        yield listener
    finally:
        listener.close()
        with contextlib.suppress(FileNotFoundError):
            # Another control plane may have put its own in this place.
            if path.stat().st_ino == inode:
                path.unlink()


class _Server(uvicorn.Server):
    """Uvicorn without signal handling of its own: one handler ends all servers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _server(app: Any, *, behind_proxy: bool) -> _Server:
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop",
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Only the gateway can open the socket, and it replaces what a client claims.
        proxy_headers=behind_proxy,
        forwarded_allow_ips="*",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config)


def _nothing() -> None:
    pass


async def serve(
    public: Mapping[Path, Any],
    private: Mapping[Path, Any],
    *,
    ending: Callable[[], None] = _nothing,
) -> None:
    """Serve every application on its socket until SIGTERM or SIGINT.

    :param public: behind the gateway, whose X-Forwarded-* headers are believed.
    :param private: asked by processes of this user directly.
    :param ending: called when the signal comes, to end answers that would go on for ever.
    """
    servers = {
        path: _server(app, behind_proxy=believed)
        for apps, believed in ((public, True), (private, False))
        for path, app in apps.items()
    }
    loop = asyncio.get_running_loop()

    def end() -> None:
        for server in servers.values():
            server.should_exit = True
        ending()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    with contextlib.ExitStack() as sockets:
        listeners = {path: sockets.enter_context(listening(path)) for path in servers}
        async with asyncio.TaskGroup() as tasks:
            for path, server in servers.items():
                tasks.create_task(server.serve(sockets=[listeners[path]]))
