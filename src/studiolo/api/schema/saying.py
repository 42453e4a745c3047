"""Words for a route's decorator: what it answers, what it takes beside its path and body."""

from typing import Any

from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]
"""What FastAPI's `responses` takes."""

_SHOWN = {"type": "string"}


def gives(model: type[BaseModel], *statuses: int) -> Responses:
    """JSON of a model; with 200 where no status is said."""
    return {status: {"model": model} for status in statuses or (200,)}


def empty(*statuses: int) -> Responses:
    """No body."""
    return {status: {} for status in statuses}


def text(media_type: str = "text/plain") -> Responses:
    """Text, with 200."""
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}}


def begins(status: int, model: type[BaseModel] | None = None) -> Responses:
    """What goes on after the answer, with the headers that clients poll by.

    :param model: the resource, which clients read again; None where they ask for the result.
    """
    asynchronous = {"Azure-AsyncOperation": _header("Where the operation's status is.")}
    if model is not None:
        return {status: {"headers": asynchronous | _RETRY_AFTER, "model": model}}
    return {status: {"headers": asynchronous | _LOCATION | _RETRY_AFTER}}


def polled(status: int) -> Responses:
    """What goes on after the answer, where clients ask for the result only."""
    return {status: {"headers": _LOCATION | _RETRY_AFTER}}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": _SHOWN}


_LOCATION = {"Location": _header("Where the operation's result is.")}
_RETRY_AFTER = {"Retry-After": _header("Seconds to wait before asking.")}


def asks(name: str, description: str, *, where: str = "query") -> dict[str, Any]:
    """`openapi_extra` for a parameter that may be left out and that the route reads by itself."""
    return {"parameters": [_parameter(name, description, where)]}


def _parameter(name: str, description: str, where: str) -> dict[str, Any]:
    about = {"name": name, "in": where, "required": False, "description": description}
    return {**about, "schema": _SHOWN}


PRECONDITIONS = [
    _parameter("If-Match", "Only if the resource still has this ETag.", "header"),
    _parameter("If-None-Match", "`*`: only if there is no such resource.", "header"),
]

GUARDED: dict[str, Any] = {"parameters": PRECONDITIONS}
"""`openapi_extra` of a route that keeps preconditions."""
