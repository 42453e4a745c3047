"""Holds every reply that a test gets against the description of its route.

The applications of `tests.support.api` and `tests.support.identity` are wrapped by `described`;
a fixture of all tests fails the one in which a reply was not as it is described: another status,
another field, a missing or a null one, a body where none is said, a header that is not there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.api.arm.paths import is_arm
from studiolo.api.schema.arm import ErrorResponse
from studiolo.api.schema.document import model_of, statuses_of

_found: list[str] = []


@contextmanager
def holding() -> Iterator[None]:
    """Fail at the end if a reply was not as it is described."""
    _found.clear()
    yield
    found = _found.copy()
    _found.clear()
    assert not found, "\n".join(["Replies that are not as they are described:", *found])


def described(app: FastAPI) -> FastAPI:
    """The application, with its replies looked at."""
    # Last is innermost: there the router writes into the scope which route it chose.
    app.user_middleware.append(Middleware(_Watch))
    return app


class _Watch:
    """ASGI middleware that notes replies which are not as they are described."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        reply = Reply()

        async def noted(message: Message) -> None:
            reply.note(message)
            await send(message)

        await self.app(scope, receive, noted)
        if reply.status and (problem := problem_of(scope, reply)):
            _found.append(f"{scope['method']} {scope['path']}: {reply.status}: {problem}")


class Reply:
    """What was sent; the body of JSON only, since others may be endless."""

    def __init__(self) -> None:
        self.status = 0
        self.headers = Headers()
        self.body = b""
        self.size = 0

    def note(self, message: Message) -> None:
        """Take a message in."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], Headers(raw=message["headers"])
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
            if self.media_type == "application/json":
                self.body += message.get("body", b"")

    @property
    def media_type(self) -> str:
        """Without parameters; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0]


def problem_of(scope: Scope, reply: Reply) -> str | None:
    """What of a reply is not as it is described."""
    route = scope.get("route")
    if not isinstance(route, APIRoute) or not route.include_in_schema:
        # Pages are for people. What ARM's paths lead to else is refused, in ARM's words.
        return _error_problem(scope, reply) if is_arm(scope["path"]) else None
    if reply.status in statuses_of(route):
        return _good_problem(route, reply)
    if reply.status < 400:
        return "the description does not have this status"
    return _error_problem(scope, reply)


def _error_problem(scope: Scope, reply: Reply) -> str | None:
    if reply.status < 400:
        return "nothing of this route is described"
    # A HEAD has no body, so its status must say all.
    return None if scope["method"] == "HEAD" else _json_problem(ErrorResponse, reply)


def _good_problem(route: APIRoute, reply: Reply) -> str | None:
    said = route.responses.get(reply.status, {})
    for header in said.get("headers", ()):
        if header not in reply.headers:
            return f"the header {header} is not there"
    if (model := model_of(route, reply.status)) is not None:
        return _json_problem(model, reply)
    if "content" not in said:
        return f"a body of {reply.size} bytes, where none is described" if reply.size else None
    if reply.media_type not in said["content"] and "*/*" not in said["content"]:
        return f"the media type {reply.media_type} is not described"
    return None


def _json_problem(model: type[BaseModel], reply: Reply) -> str | None:
    if reply.media_type != "application/json":
        return f"'{reply.media_type}' where JSON is described"
    try:
        model.model_validate_json(reply.body, by_alias=True, by_name=False)
    except ValidationError as error:
        return "; ".join(_sentence(each) for each in error.errors(include_url=False)[:5])
    return None


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']} (it is {error['input']!r:.120})"
