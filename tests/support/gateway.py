"""A whole front door on free ports: real Caddy, the real gate, a backend in memory, an upstream."""

import asyncio
import contextlib
import hashlib
import json
import random
import secrets
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from studiolo.domain.applications import Application
from studiolo.domain.machine import APPLICATION_PORTS
from studiolo.domain.states import State
from studiolo.gateway.backend import (
    Failed,
    GateInstance,
    GateSession,
    Grant,
    Machine,
    Starting,
    Upstream,
)
from studiolo.gateway.cache import CachedBackend
from studiolo.gateway.caddy import Caddy
from studiolo.gateway.config import GatewayConfig
from studiolo.gateway.cookies import SESSION_COOKIE
from studiolo.gateway.gate import Gate
from studiolo.gateway.gate_server import GateServer

DOMAIN = "studiolo.localhost"
NAVIGATE = {
    "Accept": "text/html",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Site": "none",
}
APPLICATION_TOKEN = "token of-the-application"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class MemoryBackend:
    """A GateBackend whose tables are dictionaries; `calls` counts look-ups by name."""

    instances: dict[str, GateInstance] = field(default_factory=dict)
    sessions: dict[str, GateSession] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, tuple[str, str]] = field(default_factory=dict)
    upstreams: dict[str, Upstream | Starting | Failed] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    terminals: list[str | None] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    async def instance_by_host(self, label: str) -> GateInstance | None:
        self.calls["instance"] += 1
        return self.instances.get(label)

    async def session(self, cookie: str) -> GateSession | None:
        self.calls["session"] += 1
        return self.sessions.get(cookie)

    async def bearer(self, token: str) -> str | None:
        self.calls["bearer"] += 1
        return self.tokens.get(token)

    async def redeem_ticket(self, ticket: str, label: str) -> Grant | None:
        held_by, host = self.tickets.pop(ticket, ("", ""))
        if not held_by or host != label:
            return None
        cookie = secrets.token_urlsafe(16)
        self.sessions[cookie] = GateSession(held_by, self.instances[label].id)
        return Grant(cookie, lifetime=3600)

    async def open_application(
        self,
        instance_id: str,
        application: Application,
        wait: float,
        terminal: str | None = None,
    ) -> Upstream | Starting | Failed:
        self.calls["open"] += 1
        self.opened.append(application.name)
        self.terminals.append(terminal)
        return self.upstreams[instance_id]

    def add_instance(
        self, label: str, *, owner: str = "alice", sockets: str | None = None
    ) -> GateInstance:
        instance = GateInstance(
            id=f"id-{label}",
            name=label,
            owner=owner.title(),
            allowed=frozenset({owner}),
            state=State.RUNNING,
            machine=Machine(sockets=sockets),
        )
        self.instances[label] = instance
        self.upstreams[instance.id] = Upstream(f"unix/{sockets}/jupyter.sock", APPLICATION_TOKEN)
        return instance

    def sign_in(self, label: str, who: str = "alice") -> str:
        """A session's cookie value."""
        cookie = secrets.token_urlsafe(16)
        self.sessions[cookie] = GateSession(who, self.instances[label].id)
        return cookie

    def change(self, label: str, **fields: Any) -> None:
        self.instances[label] = replace(self.instances[label], **fields)


class Upstreamed:
    """An application that tells what reached it, and echoes WebSocket messages."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            self._note(scope, 0, "")
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                echoed = {key: message[key] for key in ("text", "bytes") if message.get(key)}
                await send({"type": "websocket.send", **echoed})
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        size, digest, more = 0, hashlib.sha256(), True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            digest.update(message.get("body", b""))
            more = message.get("more_body", False)
        seen = self._note(scope, size, digest.hexdigest())
        headers = [(b"content-type", b"application/json"), (b"x-upstream", b"from-the-instance")]
        for domain in (b"studiolo.localhost", b".studiolo.localhost"):
            cookie = b"planted=1; Path=/; DOMAIN=" + domain + b"; HttpOnly"
            headers.append((b"set-cookie", cookie))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(seen).encode()})

    def _note(self, scope: Any, size: int, digest: str) -> dict[str, Any]:
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key = name.decode()
            headers[key] = f"{headers[key]}, {value.decode()}" if key in headers else value.decode()
        seen = {
            "method": scope.get("method", "WEBSOCKET"),
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "headers": headers,
            "size": size,
            "sha256": digest,
        }
        self.requests.append(seen)
        return seen


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the tests' own must stay."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def serve(applications: Mapping[Path | tuple[str, int], Any]) -> AsyncIterator[None]:
    """Serve ASGI applications, each on a unix socket or on an address and port."""
    servers = [_server(place, app) for place, app in applications.items()]
    async with asyncio.TaskGroup() as running:
        for server in servers:
            running.create_task(server.serve())
        await until(lambda: all(server.started for server in servers))
        try:
            yield
        finally:
            for server in servers:
                server.should_exit = True


def _server(place: Path | tuple[str, int], app: Any) -> _Server:
    if isinstance(place, Path):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        where: dict[str, Any] = {"uds": str(place)}
    else:
        where = {"host": place[0], "port": place[1]}
    return _Server(
        uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1, **where)
    )


def own_address() -> str:
    """An address of this host that is not loopback: a machine's, as far as the gateway can tell.

    Nothing is sent: connecting a datagram socket only looks up the route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("203.0.113.1", 9))
        address = str(probe.getsockname()[0])
    assert not address.startswith("127."), "this host has no address but loopback: give it one"
    return address


def free_application_port(address: str) -> int:
    """A port that an application of a machine may listen on."""
    for port in random.sample(APPLICATION_PORTS, len(APPLICATION_PORTS)):
        with contextlib.suppress(OSError), socket.create_server((address, port)):
            return port
    raise AssertionError(f"every application port of {address} is taken")


def listening(path: Path) -> socket.socket:
    """A listening unix socket."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


async def until(condition: Any, *, seconds: float = 10.0) -> None:
    """Wait for a condition of real processes, or fail."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a process sets no event
            await asyncio.sleep(0.01)


def gateway_config(folder: Path, **changes: Any) -> GatewayConfig:
    """A configuration on free loopback ports with everything below `folder`."""
    run = folder / "run"
    values: dict[str, Any] = {
        "domain": DOMAIN,
        "bind": ("127.0.0.1",),
        "http_port": free_port(),
        "https_port": free_port(),
        "control_socket": run / "cp.sock",
        "gate_socket": run / "gate.sock",
        "admin_socket": run / "caddy.sock",
        "pid_file": run / "caddy.pid",
        "storage": folder / "caddy",
        "log_file": folder / "logs" / "gateway.log",
    }
    return GatewayConfig(**{**values, **changes})


@dataclass
class FrontDoor:
    """What a test holds: the running pieces, and a client for each way in."""

    config: GatewayConfig
    caddy: Caddy
    backend: MemoryBackend
    cached: CachedBackend
    upstream: Upstreamed
    control_plane: Upstreamed
    run: Path

    def port(self, scheme: str) -> int:
        return self.config.http_port if scheme == "http" else self.config.https_port

    def origin(self, label: str, scheme: str = "https") -> str:
        name = f"{label}.{DOMAIN}" if label else DOMAIN
        return f"{scheme}://{name}:{self.port(scheme)}"

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.config.root_certificate)

    async def ask(
        self,
        label: str,
        path: str,
        *,
        method: str = "GET",
        scheme: str = "https",
        cookie: str = "",
        host: str = "",
        **rest: Any,
    ) -> httpx.Response:
        """One request to an instance host, or to the studio's where `label` is empty."""
        name = f"{label}.{DOMAIN}" if label else DOMAIN
        headers = {"Host": host or f"{name}:{self.port(scheme)}", **rest.pop("headers", {})}
        if cookie:
            own = f"{SESSION_COOKIE}={cookie}"
            headers["Cookie"] = f"{headers['Cookie']}; {own}" if "Cookie" in headers else own
        async with httpx.AsyncClient(verify=self.tls(), timeout=30) as client:
            return await client.request(
                method,
                f"{scheme}://127.0.0.1:{self.port(scheme)}{path}",
                headers=headers,
                extensions={"sni_hostname": name},
                **rest,
            )

    def websocket(self, label: str, path: str, *, scheme: str = "https", **headers: str) -> connect:
        """A WebSocket to an instance host; header names with `_` for `-`."""
        name = f"{label}.{DOMAIN}"
        tls = {"ssl": self.tls(), "server_hostname": name} if scheme == "https" else {}
        return connect(
            f"{'wss' if scheme == 'https' else 'ws'}://{name}:{self.port(scheme)}{path}",
            host="127.0.0.1",
            port=self.port(scheme),
            additional_headers={key.replace("_", "-"): value for key, value in headers.items()},
            proxy=None,
            **tls,
        )


async def echoed(connection: ClientConnection, text: str) -> bool:
    await connection.send(text)
    return bool(await connection.recv() == text)


@contextlib.asynccontextmanager
async def front_door(
    folder: Path, *, application: Any = None, studio: Any = None, **changes: Any
) -> AsyncIterator[FrontDoor]:
    """Everything running, with the instance `ci1` of alice's.

    :param application: ASGI application to run in the instance, in place of the telling one.
    :param studio: ASGI application to run as the control plane, likewise.
    """
    config = gateway_config(folder, **changes)
    run = folder / "run"
    backend, upstream, control_plane = MemoryBackend(), Upstreamed(), Upstreamed()
    machine = run / "m" / "ci-1"
    backend.add_instance("ci1", sockets=str(machine))
    cached = CachedBackend(backend)
    caddy = Caddy(config)
    async with contextlib.AsyncExitStack() as stack:
        applications = {
            machine / "jupyter.sock": application or upstream,
            config.control_socket: studio or control_plane,
        }
        await stack.enter_async_context(serve(applications))
        gate = Gate(cached, DOMAIN, wait=0.1)
        await stack.enter_async_context(GateServer(gate, listening(config.gate_socket)))
        stack.push_async_callback(caddy.stop)
        await caddy.ensure()
        yield FrontDoor(config, caddy, backend, cached, upstream, control_plane, run)
