"""What surrounds every request: its ids, one log line, and the last line of defence.

The outermost middleware. It gives each request an id, takes over the caller's correlation id where
it is a harmless one, puts both on the reply, logs one line without secrets (no query, no headers,
no body), and turns whatever nobody caught into a 500 that tells the caller only the id to quote.
"""

import re
import time
import uuid
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.api.arm.envelope import error_response
from studiolo.domain.errors import StudioloError

_log = structlog.get_logger("studiolo.api")

_HARMLESS_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)

_QUIET = frozenset({"/healthz"})
"""Paths that are asked for so often that a line for each would bury the rest."""


def correlation_id(scope: Scope) -> str:
    """The id that ties a request to its log lines and activity rows."""
    return str(scope["state"]["correlation"])


class Context:
    """ASGI middleware: ids, logging, unexpected errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        scope["state"] = {**scope.get("state", {}), "correlation": exchange.correlation}
        try:
            await self.app(scope, receive, exchange.send)
        except ClientDisconnect:
            _log.debug("request.abandoned", correlation=exchange.correlation)
        except Exception as error:  # noqa: BLE001 - logged, and answered with its id
            await exchange.fail(error, receive)
        finally:
            exchange.log(scope["state"].get("principal"))


class _Exchange:
    """One request and its reply."""

    def __init__(self, scope: Scope, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers.get("x-ms-correlation-request-id", "")
        self.request_id = str(uuid.uuid4())
        self.correlation = given if _HARMLESS_ID.fullmatch(given) else self.request_id
        self.client_id = headers.get("x-ms-client-request-id", "")
        self.wants_client_id = headers.get("x-ms-return-client-request-id", "").lower() == "true"
        self.status: int | None = None
        self._scope = scope
        self._method = scope["method"]
        self._path = scope["path"]
        self._send = send
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Pass a message on; the first one gets the ids."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-ms-request-id"] = self.request_id
            headers["x-ms-correlation-request-id"] = self.correlation
            headers.setdefault("Cache-Control", "no-cache")
            headers.setdefault("X-Content-Type-Options", "nosniff")
            if self.wants_client_id and _HARMLESS_ID.fullmatch(self.client_id):
                headers["x-ms-client-request-id"] = self.client_id
        await self._send(message)

    async def fail(self, error: Exception, receive: Receive) -> None:
        """Log what nobody caught, and answer 500 unless the reply has begun."""
        _log.error("request.failed", correlation=self.correlation, exc_info=error)
        if self.status is not None:
            raise error
        reply = error_response(
            StudioloError(
                "Something went wrong inside Studiolo; it was logged. Try again, and if it stays, "
                f"give your administrator the id {self.correlation}."
            )
        )
        await reply(self._scope, receive, self.send)

    def log(self, principal: Any) -> None:
        """One line per request."""
        if self._path in _QUIET:
            return
        _log.info(
            "request",
            method=self._method,
            path=self._path,
            status=self.status,
            ms=round((time.perf_counter() - self._began) * 1000, 1),
            principal=principal,
            correlation=self.correlation,
        )
