"""`GET .../computes/watch`: changes of a workspace's instances, as they happen.

A stream of events as browsers read it (`EventSource`): `ready` first; `compute` with the same JSON
as a GET of it; `deleted` with its id and name; `reload` where what was missed is not known; `ended`
with a reason when the caller may listen no longer. A line of comment every ten seconds shows that
the stream lives. Each event's id is where a reader who comes back, with `Last-Event-ID`, goes on.

A compute may be called "watch": only who asks for events is answered by this.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from studiolo.api.arm.leaving import disconnected
from studiolo.api.computes.lookup import (
    COMPUTES_PATH,
    WorkspaceName,
    WorkspaceNamed,
    workspace_of,
    workspace_scope,
)
from studiolo.api.computes.rendering import View
from studiolo.api.computes.service import READ
from studiolo.api.computes.watching import Listener, News, Watcher
from studiolo.api.deps import Provided, authorized
from studiolo.api.identity.origins import refuse_other_sites
from studiolo.api.services import Services
from studiolo.domain.errors import NotFound, StudioloError
from studiolo.domain.resources import Principal, Workspace

MEDIA_TYPE = "text/event-stream"

_EVENT_ID = re.compile(r"([0-9a-f]{8})\.([0-9]{1,15})", re.ASCII)
_ALIVE = b": \n\n"


class EventRoute(APIRoute):
    """A route for who asks for a stream of events; to others it is not there."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As every route, if the request accepts events."""
        asked = Headers(scope=scope).get("accept", "") if scope["type"] == "http" else ""
        return super().matches(scope) if MEDIA_TYPE in asked else (Match.NONE, {})


router = APIRouter(tags=["computes"], route_class=EventRoute)


@router.get(
    f"{COMPUTES_PATH}/watch",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def watch_computes(
    caller: Annotated[Principal, Depends(authorized(READ, workspace_scope))],
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> Response:
    """Changes of a workspace's computes, as they happen."""
    refuse_other_sites(request, services.settings)
    async with services.database.reading() as tx:
        workspace = await workspace_of(tx, named)
    return EventStream(_Subject(services, request, caller, named, workspace), last_event_id)


@dataclass(frozen=True, slots=True)
class _Subject:
    """Who listens to what."""

    services: Services
    request: Request
    caller: Principal
    named: WorkspaceName
    workspace: Workspace

    async def why_over(self) -> StudioloError | None:
        """Why the caller may listen no longer; None if they may."""
        try:
            caller = await self.services.identity.recheck(self.request)
            await self.services.identity.authorize(caller, READ, self.workspace.arm_id)
            async with self.services.database.reading() as tx:
                found = await workspace_of(tx, self.named)
        except StudioloError as error:
            return error
        if found.id != self.workspace.id:
            return NotFound(
                f"The workspace '{self.workspace.name}' was deleted, and is another one now."
            )
        return None


class EventStream(Response):
    """An answer that goes on for as long as somebody reads it, and may."""

    media_type = MEDIA_TYPE

    def __init__(self, subject: _Subject, last_event_id: str | None) -> None:
        super().__init__()
        self._subject = subject
        self._since = _since(last_event_id)
        del self.headers["content-length"]
        self.headers["Cache-Control"] = "no-store"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream."""
        watchers, caller = self._subject.services.watchers, self._subject.caller.id
        with watchers.streaming(caller):
            listening = watchers.listening(caller, self._subject.workspace.id, self._since)
            async with listening as (watcher, listener):
                leaving = asyncio.create_task(_leave(receive), name="watch-disconnect")
                leaving.add_done_callback(lambda _done: listener.doubt())
                try:
                    start = {"status": self.status_code, "headers": self.raw_headers}
                    await send({"type": "http.response.start", **start})
                    await _Telling(self._subject, watcher, listener, leaving, send).run()
                finally:
                    leaving.cancel()


async def _leave(receive: Receive) -> None:
    with contextlib.suppress(StudioloError):
        await disconnected(receive)


@dataclass
class _Telling:
    """One stream, from its first event to its last."""

    subject: _Subject
    watcher: Watcher
    listener: Listener
    leaving: "asyncio.Task[None]"
    send: Send
    checked: float = field(init=False)
    said: float = field(init=False)

    async def run(self) -> None:
        """Tell what happens until it is over."""
        self.checked = self.said = self._now()
        last = self.listener.last
        await self._say(_event("ready", {}, self._id(last)))
        while not self._over():
            news = await self.listener.news(self._patience())
            if self._over():
                break
            if why := await self._why_over(news.doubted):
                await self._say(_event("ended", {"code": why.code, "message": why.message}))
                break
            await self._tell(news)
        if not self.leaving.done():
            await self._put(b"", more=False)

    def _over(self) -> bool:
        return self.leaving.done() or self.subject.services.watchers.closed

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _patience(self) -> float:
        pace = self.watcher.pace
        return max(0.0, min(self.said + pace.beat, self.checked + pace.recheck) - self._now())

    async def _why_over(self, doubted: bool) -> StudioloError | None:
        if not doubted and self._now() < self.checked + self.watcher.pace.recheck:
            return None
        self.checked = self._now()
        return await self.subject.why_over()

    async def _tell(self, news: News) -> None:
        if news.reload:
            await self._say(_event("reload", {}, self._id(news.last)))
        if news.changes:
            services, location = self.subject.services, self.subject.workspace.location
            view = await View.of(self.subject.request, services, location)
            for change in news.changes:
                here = self._id(change.number)
                if change.compute is None:
                    arm_id = f"{self.subject.workspace.arm_id}/computes/{change.name}"
                    gone = {"id": arm_id, "name": change.name}
                    await self._say(_event("deleted", gone, here))
                else:
                    await self._say(_event("compute", view.render(change.compute), here))
        if self._now() >= self.said + self.watcher.pace.beat:
            await self._say(_ALIVE)

    def _id(self, number: int) -> str:
        return f"{self.watcher.epoch}.{number}"

    async def _say(self, event: bytes) -> None:
        await self._put(event, more=True)
        self.said = self._now()

    async def _put(self, body: bytes, *, more: bool) -> None:
        """Hand bytes on.

        :raises ClientDisconnect: the reader takes nothing.
        """
        try:
            async with asyncio.timeout(self.watcher.pace.slow):
                await self.send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            raise ClientDisconnect from None


def _event(kind: str, data: Mapping[str, Any], event_id: str | None = None) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    where = f"id: {event_id}\n" if event_id else ""
    return f"event: {kind}\n{where}data: {text}\n\n".encode()


def _since(last_event_id: str | None) -> tuple[str, int] | None:
    """Epoch and number of an event; an id that is none of ours is of another epoch."""
    if not last_event_id:
        return None
    found = _EVENT_ID.fullmatch(last_event_id)
    return (found[1], int(found[2])) if found else ("", 0)
