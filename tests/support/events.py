"""Reading a stream of events from an ASGI application, as a browser does from a server."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.api import ORIGIN, VERSION, Api

SECONDS = 10.0
"""Patience of a test; what is waited for comes within a fraction of it."""


@dataclass(frozen=True)
class Event:
    """One event: its kind (`:` for a comment), id and data."""

    kind: str
    id: str = ""
    data: Any = None


@dataclass
class Stream:
    """One request whose answer goes on.

    :param reading: cleared, the client takes nothing, and sending to it waits.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    ended: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: bool = False

    def __post_init__(self) -> None:
        self.reading.set()

    async def receive(self) -> Mapping[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        await self.reading.wait()
        async with self._arrived:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                self.body += message.get("body", b"")
                self.ended = not message.get("more_body", False)
            self._arrived.notify_all()

    def leave(self) -> None:
        """Close the connection."""
        self._gone.set()

    @property
    def events(self) -> list[Event]:
        """Every whole event so far."""
        return [_event(block) for block in self.body.decode().split("\n\n")[:-1]]

    def kinds(self) -> list[str]:
        return [each.kind for each in self.events if each.kind != ":"]

    async def until(self, kind: str, count: int = 1) -> Event:
        """Wait for the `count`-th event of a kind."""

        def found() -> list[Event]:
            return [each for each in self.events if each.kind == kind]

        async with asyncio.timeout(SECONDS), self._arrived:
            await self._arrived.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]

    async def until_ended(self) -> None:
        async with asyncio.timeout(SECONDS), self._arrived:
            await self._arrived.wait_for(lambda: self.ended)


def _event(block: str) -> Event:
    if block.startswith(":"):
        return Event(":")
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return Event(fields["event"], fields.get("id", ""), json.loads(fields["data"]))


@contextlib.asynccontextmanager
async def watching(
    api: Api,
    path: str | None = None,
    *,
    who: str | None = "ann",
    after: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Stream]:
    """A stream of a workspace's changes, open for the block; its request has ended afterwards."""
    sent = {"Accept": "text/event-stream", "Host": urlsplit(ORIGIN).netloc} | dict(headers or {})
    if who is not None:
        sent["Authorization"] = f"Bearer {api.tokens[who]}"
    if after is not None:
        sent["Last-Event-ID"] = after
    stream = Stream()
    scope = _scope(path or f"{api.path}/computes/watch", sent)
    serving = asyncio.create_task(api.app(scope, stream.receive, stream.send))
    try:
        yield stream
    finally:
        stream.leave()
        stream.reading.set()
        async with asyncio.timeout(SECONDS):
            await serving


def _scope(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode({"api-version": VERSION}).encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1000),
        "server": ("studiolo.localhost", 8481),
        "state": {},
    }
