"""The two processes that `studiolo up` looks after."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from studiolo.client.errors import ClientError
from studiolo.client.local import Local
from studiolo.gateway.caddy import Caddy, GatewayError, PortInUse
from studiolo.gateway.config import GatewayConfig, TlsFiles
from studiolo.gateway.process import Identity
from studiolo.launcher.checks import last_words, log_size
from studiolo.launcher.supervisor import ChildError
from studiolo.serving import CADDY_PID, CONTROL_PLANE_LOCK
from studiolo.settings import Settings

CONTROL_PLANE_SECONDS = 30.0
"""How long a control plane may take from its start to its first answer, migrations included."""

_END_GRACE = 6.0
_POLL = 0.05
_LOG_BYTES = 20 * 1024 * 1024
"""A control plane's log that is longer is put aside, once, when it is started."""


def gateway_config(settings: Settings) -> GatewayConfig:
    """What Caddy is told in this deployment."""
    return GatewayConfig(
        domain=settings.domain,
        api_hosts=settings.api_hosts,
        bind=settings.bind,
        http_port=settings.http_port,
        https_port=settings.https_port,
        control_socket=settings.control_socket,
        gate_socket=settings.gate_socket,
        admin_socket=settings.caddy_admin_socket,
        pid_file=settings.run / CADDY_PID,
        storage=settings.home / "caddy",
        log_file=settings.logs / "gateway.log",
        tls=_own_certificate(settings),
    )


def _own_certificate(settings: Settings) -> TlsFiles | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    digest = hashlib.sha256(settings.tls_certificate.read_bytes() + settings.tls_key.read_bytes())
    return TlsFiles(settings.tls_certificate, settings.tls_key, digest.hexdigest()[:16])


class Gateway:
    """Caddy. It outlives a crash of the launcher and is adopted by the next."""

    name = "gateway"

    def __init__(self, settings: Settings) -> None:
        self.caddy = Caddy(gateway_config(settings))
        self._options = {settings.http_port: "--port", settings.https_port: "--https-port"}

    def alive(self) -> bool:
        """Whether it runs."""
        return self.caddy.alive()

    async def start(self) -> None:
        """Adopt the one that runs or start one.

        :raises ChildError: a port is taken, or it does not answer.
        """
        try:
            await self.caddy.ensure()
        except PortInUse as error:
            raise ChildError(f"{error} Or use {self._options[error.port]}.") from error
        except GatewayError as error:
            raise ChildError(str(error)) from error

    async def end(self) -> None:
        """End it."""
        await self.caddy.stop()


class ControlPlane:
    """`python -m studiolo.main`, with its log in `<home>/logs/control-plane.log`.

    It takes its settings from the environment, as the launcher did. A session of its own keeps the
    terminal's Ctrl-C from it; the launcher ends it in order.
    """

    name = "control plane"

    def __init__(self, settings: Settings) -> None:
        self._socket = settings.local_socket
        self._lock = settings.run / CONTROL_PLANE_LOCK
        self.log = settings.logs / "control-plane.log"
        self._log_start = 0
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._child.pid if self._child is not None and self.alive() else None

    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.poll() is None

    async def start(self) -> None:
        """Start it, in place of one that a crashed launcher left, and wait for its first answer.

        :raises ChildError: it ended or does not answer; the message has its last words.
        """
        left = _lock_holder(self._lock)
        if left is not None:
            await left.end(_END_GRACE)
        self._child = await asyncio.to_thread(self._spawn)
        await self._answering()

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._log_start = log_size(self.log)
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "studiolo.main"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)

    async def _answering(self) -> None:
        deadline = asyncio.get_running_loop().time() + CONTROL_PLANE_SECONDS
        while not await asyncio.to_thread(_answers, self._socket):
            if not self.alive():
                why = last_words(self.log, self._log_start) or "it said nothing; is the disk full?"
                raise ChildError(
                    f"the control plane ended while starting: {why}\nMore in {self.log}"
                )
            if asyncio.get_running_loop().time() > deadline:
                raise ChildError(
                    f"it did not answer within {CONTROL_PLANE_SECONDS:.0f} s; see {self.log}"
                )
            await asyncio.sleep(_POLL)

    async def end(self) -> None:
        """End it: open requests are finished, then it is made to."""
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            await asyncio.to_thread(child.wait, _END_GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            await asyncio.to_thread(child.wait)


def _answers(socket: Path) -> bool:
    try:
        Local(socket).ping()
    except ClientError:
        return False
    return True


def _lock_holder(lock: Path) -> Identity | None:
    """Who holds the control plane's lock, if anybody does."""
    with contextlib.suppress(FileNotFoundError), lock.open("r", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            text = file.read().strip()
            return Identity.of(int(text)) if text.isdecimal() else None
    return None
