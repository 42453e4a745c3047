"""The gate on its socket, without a web framework between it and Caddy.

Every request to every instance waits for an answer from here, so what a server spends on one is
most of what the sign-in check costs: about 80 microseconds of processor time with an ASGI server,
20 with a parser of HTTP in C and its callbacks, next to nothing where the question is known byte by
byte. The only client is Caddy, on a private socket; it sends one GET without a body at a time, and
writes equal requests alike.
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
from studiolo.gateway.hosts import OWN_PATHS
from studiolo.gateway.passage import Pass

_MAX_ENTRIES = 10_000
_BACKLOG = 2048
_MAX_HEAD = 256 * 1024
"""Bytes; Caddy takes 64 KiB of a client, and repeats the address."""

_END = b"\r\n\r\n"
_URI_LINE = b"\r\nX-Forwarded-Uri: "
"""As Go writes it. Of a client's making it cannot be: a header's value holds no line end."""

_OWN = OWN_PATHS.encode()

_Key = tuple[str, bytes, bytes]


class DecisionMemory:
    """Answers that let a request pass, for a second, as the bytes that were sent.

    The key is everything that the decision depends on: Caddy's whole question, but of the address
    only which application it means. The gate's own pages, WebSockets and refusals are not
    remembered.
    """

    def __init__(self, gate: Gate, now: Callable[[], float] = time.monotonic) -> None:
        self._gate = gate
        self._now = now
        self._kept: dict[_Key, tuple[float, int, bytes]] = {}

    def recall(self, head: bytes) -> bytes | None:
        """The answer to such a question, if one is fresh.

        :param head: a request line and headers, with their end.
        """
        uri, key = _key(head)
        kept = self._kept.get(key)
        if kept is None or kept[0] <= self._now() or kept[1] != self._gate.cached.epoch:
            return None
        return None if uri.startswith(_OWN) else kept[2]

    async def decide(self, head: bytes, headers: list[Header]) -> bytes:
        """Ask the gate, and remember its answer if it may be.

        :param headers: those of `head`.
        """
        # Believed from when it was asked, and only if nothing was revoked meanwhile.
        until, epoch = self._now() + DECISION_SECONDS, self._gate.cached.epoch
        request = read_request(headers)
        status, answer, body, decision = await self._gate.answer(request)
        written = _response(status, answer, body)
        if isinstance(decision, Pass) and not request.upgrade:
            if len(self._kept) >= _MAX_ENTRIES:
                self._kept.clear()
            self._kept[_key(head)[1]] = (until, epoch, written)
        return written


def _key(head: bytes) -> tuple[bytes, _Key]:
    """The address that is asked about, and what the answer is remembered by."""
    begin = head.find(_URI_LINE)
    if begin < 0:
        return b"", ("", head, b"")
    begin += len(_URI_LINE)
    end = head.index(b"\r\n", begin)
    uri = head[begin:end]
    return uri, (application_of(uri.decode("latin-1")).name, head[:begin], head[end:])


def _response(status: int, headers: list[Header], body: bytes) -> bytes:
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in headers]
    if status != HTTPStatus.NO_CONTENT:
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


class _Question:
    """What httptools finds in a request's head."""

    def __init__(self) -> None:
        self.path = b""
        self.headers: list[Header] = []
        self.complete = False

    def on_url(self, url: bytes) -> None:
        """Of httptools; may come in pieces."""
        self.path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of httptools."""
        self.headers.append((name.lower(), value))

    def on_message_complete(self) -> None:
        """Of httptools."""
        self.complete = True


def _read(head: bytes) -> list[Header] | None:
    """The headers of a question to the gate; None if it is none."""
    question = _Question()
    try:
        httptools.HttpRequestParser(question).feed_data(head)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    asked = question.complete and question.path == GATE_PATH.encode()
    return question.headers if asked else None


class _Connection(asyncio.Protocol):
    """One connection of Caddy's: a request, its answer, the next request."""

    def __init__(self, memory: DecisionMemory, open_connections: set["_Connection"]) -> None:
        self._memory = memory
        self._open = open_connections
        self._transport: asyncio.Transport | None = None
        self._deciding: asyncio.Task[None] | None = None
        self._begun = b""

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
        """See :class:`asyncio.Protocol`. Answers at once where the answer is known."""
        head = self._begun + data
        end = head.find(_END)
        if end < 0 and len(head) <= _MAX_HEAD:
            self._begun = head
            return
        self._begun = b""
        if self._deciding is not None or end + len(_END) != len(head):
            # Caddy sends no body, and no second request before the first is answered.
            self.close()
        elif (answer := self._memory.recall(head)) is not None:
            self._write(answer)
        elif (headers := _read(head)) is not None:
            self._deciding = asyncio.create_task(self._decide(head, headers))
        else:
            self.close()

    async def _decide(self, head: bytes, headers: list[Header]) -> None:
        try:
            self._write(await self._memory.decide(head, headers))
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
