"""What a path may look like, and the one spelling of its keywords that routes are written in.

ARM compares paths without regard to case. Names keep the case a client sends (lookups fold it);
keywords (`resourceGroups`, `Microsoft.MachineLearningServices`, `computes` ...) are put into the
spelling of the routes before routing. Anything that two parsers might read differently (encoded
slashes, dot segments, empty segments, backslashes, control characters) is refused.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from studiolo.api.arm.envelope import error_response
from studiolo.domain.errors import InvalidInput

MAX_PATH = 2048
"""Bytes of a path; ARM's ids are at most about 1,500 characters."""

MAX_QUERY = 16384
"""Bytes of a query string. A path of 4,096 bytes in a file share is three times as long there."""

_ROOTS = frozenset({"subscriptions", "providers", "tenants"})
"""First segments of ARM's own paths; other paths (sign-in, token endpoint) keep their case."""

_FORBIDDEN_RAW = re.compile(rb"%2f|%5c|%00|%25|\\", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd\\]")


class Paths:
    """ASGI middleware: refuses ambiguous paths, then writes keywords as the routes do."""

    def __init__(self, app: ASGIApp, *, routes: Callable[[], Sequence[BaseRoute]]) -> None:
        self.app = app
        self._routes = routes

    @cached_property
    def _keywords(self) -> Mapping[str, str]:
        paths = (context.path for context in iter_route_contexts(self._routes()))
        return keywords(path for path in paths if path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            problem = find_problem(scope)
            if problem is not None:
                refusal = error_response(InvalidInput(problem, code="InvalidRequestUri"))
                await refusal(scope, receive, send)
                return
            path = canonical(scope["path"], self._keywords)
            scope = {**scope, "path": path}
        await self.app(scope, receive, send)


def is_arm(path: str) -> bool:
    """Whether a path is ARM's own, and so its answers are for clients, not for people."""
    return path.lstrip("/").partition("/")[0].lower() in _ROOTS


def find_problem(scope: Scope) -> str | None:
    """Why the request's path cannot be served, as a sentence; None when it can."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path: str = scope["path"]
    segments = path.split("/")[1:]
    if len(raw) > MAX_PATH:
        return f"The path is longer than {MAX_PATH} bytes."
    if len(scope.get("query_string", b"")) > MAX_QUERY:
        return f"The query string is longer than {MAX_QUERY} bytes."
    if _FORBIDDEN_RAW.search(raw) or _FORBIDDEN.search(path):
        return "The path holds an encoded slash, a backslash, '%' or a control character."
    if any(segment in {".", ".."} for segment in segments):
        return "The path holds a '.' or '..' segment."
    if "" in segments[:-1]:
        return "The path holds an empty segment: look for '//' or a name that was left out."
    return None


def keywords(paths: Iterable[str]) -> dict[str, str]:
    """Spellings of all literal segments in route templates, by their lower case."""
    return {
        segment.lower(): segment
        for path in paths
        for segment in path.split("/")
        if segment and "{" not in segment
    }


def canonical(path: str, spelling: Mapping[str, str]) -> str:
    """`path` with ARM's keywords as `spelling` has them and without a final slash.

    Only positions that hold a keyword change: a workspace may well be called `Computes`.
    """
    segments = path.rstrip("/").split("/")[1:]
    if not segments or segments[0].lower() not in _ROOTS:
        return path
    result = []
    expected = "type"
    for segment in segments:
        if expected == "name":
            result.append(segment)
            expected = "type"
            continue
        result.append(spelling.get(segment.lower(), segment))
        if expected == "namespace":
            expected = "type"
        else:
            expected = "namespace" if segment.lower() == "providers" else "name"
    return "/" + "/".join(result)


def provider_of(path: str) -> str:
    """Namespace of the resource a path is about: what follows its last `/providers/`."""
    _, found, rest = path.rpartition("/providers/")
    return rest.split("/", 1)[0] if found else "Microsoft.Resources"
