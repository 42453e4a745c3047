"""The agent's HTTP API: see docs/architecture.md, 'Agent'."""

import asyncio
import hmac
import logging
import math
import os
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from studiolo.agent.applications import TERMINAL_NAME
from studiolo.agent.machine import Machine
from studiolo.domain.errors import InvalidInput, NotFound, StudioloError, Unauthenticated

_MOST_LINES = 10_000
_LONGEST_WAIT = 120.0
_UNIX = "unix/"
_TERMINAL = re.compile(r"[A-Za-z0-9_]{1,64}")
"""What Jupyter Server takes for a terminal's name."""

_log = logging.getLogger(__name__)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """Routes requests to a machine.

    :param shut_down: called once somebody asks the machine to shut down.
    """

    def __init__(self, machine: Machine, shut_down: Callable[[], None]) -> None:
        self._machine = machine
        self._shut_down = shut_down
        self._token = machine.config.token.encode()

    def application(self) -> web.Application:
        """What aiohttp serves."""
        application = web.Application(
            middlewares=[_render_errors, self._authenticate], client_max_size=64 * 1024
        )
        application.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/v1/status", self._status),
                web.post("/v1/applications/{name}/ensure", self._ensure),
                web.post("/v1/applications/{name}/stop", self._stop),
                web.get("/v1/logs", self._list_logs),
                web.get("/v1/logs/{name}", self._read_log),
                web.post("/v1/shutdown", self._shutdown),
            ]
        )
        return application

    @web.middleware
    async def _authenticate(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path != "/healthz":
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            known = hmac.compare_digest(given.encode(errors="surrogateescape"), self._token)
            if not known or scheme.lower() != "bearer":
                raise Unauthenticated("The agent's bearer token is missing or wrong.")
        return await handler(request)

    async def _healthz(self, request: web.Request) -> web.Response:
        config = self._machine.config
        return web.json_response(
            {"status": "ok", "machine": config.machine, "generation": config.generation}
        )

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response(await self._machine.status())

    async def _ensure(self, request: web.Request) -> web.Response:
        wait = _seconds(request.query.get("wait", "0"))
        terminal = _terminal(request.query.get("terminal", TERMINAL_NAME))
        application = await self._machine.ensure(request.match_info["name"], wait, terminal)
        return web.json_response(
            application, status=200 if application["state"] == "Running" else 202
        )

    async def _stop(self, request: web.Request) -> web.Response:
        return web.json_response(await self._machine.stop(request.match_info["name"]), status=202)

    async def _list_logs(self, request: web.Request) -> web.Response:
        sizes = self._machine.logs.sizes()
        return web.json_response(
            {"value": [{"name": name, "bytes": size} for name, size in sizes.items()]}
        )

    async def _read_log(self, request: web.Request) -> web.Response:
        lines = _lines(request.query.get("tail", "200"))
        content = self._machine.logs.tail(request.match_info["name"], lines)
        if content is None:
            raise NotFound("There is no such log; GET /v1/logs lists those there are.")
        return web.Response(body=content, content_type="text/plain", charset="utf-8")

    async def _shutdown(self, request: web.Request) -> web.Response:
        _log.info("asked to shut down")
        asyncio.get_running_loop().call_soon(self._shut_down)
        return web.json_response({"status": "ShuttingDown"}, status=202)


def listen(address: str) -> socket.socket:
    """Open the listening socket: `unix//abs/path` or `host:port`.

    A socket file has mode 0600 from its first instant. One that a dead agent left is replaced; the
    caller holds the machine's lock, so that no live agent can own it.

    :raises OSError: the address cannot be used.
    :raises ValueError: it is neither form.
    """
    if address.startswith(_UNIX):
        return _listen_unix(Path(address.removeprefix(_UNIX)))
    host, colon, port = address.rpartition(":")
    if not colon:
        raise ValueError(f"listen address {address!r} is neither unix//path nor host:port")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family)


def forget(address: str) -> None:
    """Remove the socket file, so that a machine that is down is seen to be."""
    if address.startswith(_UNIX):
        Path(address.removeprefix(_UNIX)).unlink(missing_ok=True)


def _listen_unix(path: Path) -> socket.socket:
    if not path.is_absolute():
        raise ValueError(f"the socket's path {path} is not absolute")
    if path.is_socket():
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The file is made by bind(), with the mode that the umask leaves.
    umask = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    finally:
        os.umask(umask)
    listener.listen(128)
    return listener


@web.middleware
async def _render_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Every error in the same envelope as the control plane's."""
    try:
        return await handler(request)
    except StudioloError as error:
        return _error(error.status, error.code, error.message)
    except web.HTTPException as error:
        return _error(
            error.status, error.reason.replace(" ", ""), f"{request.method}: {error.text}"
        )


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise InvalidInput(f"wait must be 0 to {_LONGEST_WAIT:.0f} seconds.", target="wait")
    return seconds


def _terminal(name: str) -> str:
    if not _TERMINAL.fullmatch(name):
        raise InvalidInput(
            "terminal must be 1 to 64 letters, digits and underscores.", target="terminal"
        )
    return name


def _lines(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_LINES):
        raise InvalidInput(f"tail must be 1 to {_MOST_LINES} lines.", target="tail")
    return int(text)
