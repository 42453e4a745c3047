"""The gate on its socket, without a web framework between it and Caddy.

Every request to every instance waits for an answer from here, so what an ASGI server spends on one
(about 80 microseconds of processor time, against 20 here) is most of what the sign-in check costs.
The only client is Caddy, on a private socket; it sends one GET without a body at a time.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Self, cast

import httptools

from studiolo.domain.applications import application_of
from studiolo.gateway.cache import DECISION_SECONDS
from studiolo.gateway.gate import GATE_PATH, Gate, Header, read_request
from studiolo.gateway.hosts import TICKET_PATH
from studiolo.gateway.passage import Pass

_MAX_ENTRIES = 10_000
_BACKLOG = 2048
_URI = b"x-forwarded-uri"

_Key = tuple[object, ...]


class DecisionMemory:
    """Answers that let a request pass, for a second, as the bytes that were sent.

    The key is everything that the decision depends on: all headers, and of the address only which
    application it means. Tickets, WebSockets and refusals are not remembered.
    """

    def __init__(self, gate: Gate, now: Callable[[], float] = time.monotonic) -> None:
        self._gate = gate
        self._now = now
        self._kept: dict[_Key, tuple[float, int, bytes]] = {}

    def recall(self, uri: bytes, headers: list[Header]) -> bytes | None:
        """The answer to such a request, if one is fresh."""
        kept = self._kept.get(self._key(uri, headers))
        if kept is None or kept[0] <= self._now() or kept[1] != self._gate.cached.epoch:
            return None
        return None if _is_ticket(uri) else kept[2]

    async def decide(self, uri: bytes, headers: list[Header]) -> bytes:
        """Ask the gate, and remember its answer if it may be."""
        # Believed from when it was asked, and only if nothing was revoked meanwhile.
        until, epoch = self._now() + DECISION_SECONDS, self._gate.cached.epoch
        request = read_request([*headers, (_URI, uri)])
        status, answer, body, decision = await self._gate.answer(request)
        written = _response(status, answer, body)
        if isinstance(decision, Pass) and not request.upgrade:
            if len(self._kept) >= _MAX_ENTRIES:
                self._kept.clear()
            self._kept[self._key(uri, headers)] = (until, epoch, written)
        return written

    def _key(self, uri: bytes, headers: list[Header]) -> _Key:
        return (application_of(uri.decode("latin-1")).name, *headers)


def _is_ticket(uri: bytes) -> bool:
    return uri.partition(b"?")[0] == TICKET_PATH.encode()


def _response(status: int, headers: list[Header], body: bytes) -> bytes:
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in headers]
    if status != HTTPStatus.NO_CONTENT:
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


class _Connection(asyncio.Protocol):
    """One connection of Caddy's: a request, its answer, the next request."""

    def __init__(self, memory: DecisionMemory, open_connections: set["_Connection"]) -> None:
        self._memory = memory
        self._open = open_connections
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._deciding: asyncio.Task[None] | None = None
        self._clear()

    def _clear(self) -> None:
        self._path = b""
        self._uri = b""
        self._headers: list[Header] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :class:`asyncio.Protocol`."""
        # Not checked: uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        self._transport = None
        self._open.discard(self)
        if self._deciding is not None:
            self._deciding.cancel()

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def on_url(self, url: bytes) -> None:
        """Of httptools; may come in pieces."""
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of httptools."""
        name = name.lower()
        if name == _URI:
            # Caddy sets it, so there is one.
            self._uri = value
        else:
            self._headers.append((name, value))

    def on_message_complete(self) -> None:
        """Of httptools: answer at once where the answer is known."""
        path, uri, headers = self._path, self._uri, self._headers
        self._clear()
        if self._deciding is not None or path != GATE_PATH.encode():
            # A second request before the first is answered is not Caddy's.
            self.close()
            return
        if answer := self._memory.recall(uri, headers):
            self._write(answer)
        else:
            self._deciding = asyncio.create_task(self._decide(uri, headers))

    async def _decide(self, uri: bytes, headers: list[Header]) -> None:
        try:
            self._write(await self._memory.decide(uri, headers))
        finally:
            self._deciding = None

    def _write(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


class GateServer:
    """Serves a gate on a listening unix socket, until closed.

    :param listener: bound and listening, in a folder with mode 0700; closed with the server.
    """

    def __init__(self, gate: Gate, listener: socket.socket) -> None:
        self._memory = DecisionMemory(gate)
        self._listener = listener
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Begin to answer."""
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: _Connection(self._memory, self._connections),
            sock=self._listener,
            backlog=_BACKLOG,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop at once: Caddy asks again, whoever answers next."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.close()
