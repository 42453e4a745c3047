"""`$top`, `$skipToken` and `nextLink`.

A token says after which name a page begins. It is opaque to clients and carries a digest of the
list it belongs to, so that one from another list, or a mangled one, is refused.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request

from studiolo.api.arm.origin import api_origin
from studiolo.domain.errors import InvalidInput
from studiolo.settings import Settings

DEFAULT_TOP = 100
MAX_TOP = 1000
_TOKEN_MAX = 1024
_DIGEST = 8

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list a request asks for.

    :param after: key of the last item before the page; None at the beginning.
    :param top: how many items at most.
    """

    after: str | None
    top: int


def requested_page(request: Request) -> Page:
    """FastAPI dependency: the page a request asks for.

    :raises InvalidInput: `$top` is no number from 1 to 1000, or `$skipToken` not one of ours.
    """
    return Page(_after(request), _top(request))


def _parameter(request: Request, name: str) -> str | None:
    for key, value in request.query_params.multi_items():
        if key.lower() == name.lower():
            return value
    return None


def _top(request: Request) -> int:
    text = _parameter(request, "$top")
    if text is None:
        return DEFAULT_TOP
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MAX_TOP):
        raise InvalidInput(f"$top must be a whole number from 1 to {MAX_TOP}.", target="$top")
    return int(text)


def _after(request: Request) -> str | None:
    token = _parameter(request, "$skipToken")
    if token is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(token[:_TOKEN_MAX].encode("ascii"))
        after = raw[_DIGEST:].decode()
    except (binascii.Error, ValueError):
        after = ""
    if not after or token != encode_token(request.url.path, after):
        raise not_ours()
    return after


def not_ours() -> InvalidInput:
    """The error for a token that no list gave out."""
    return InvalidInput(
        "$skipToken is not one that this list gave out. Begin without it.", target="$skipToken"
    )


def encode_token(path: str, after: str) -> str:
    """The token for the page of the list at `path` that begins after the key `after`."""
    digest = hashlib.sha256(path.lower().encode()).digest()[:_DIGEST]
    return base64.urlsafe_b64encode(digest + after.encode()).decode()


def listing(
    request: Request,
    settings: Settings,
    page: Page,
    items: Sequence[Item],
    render: Callable[[Item], dict[str, Any]],
    key: Callable[[Item], str],
) -> dict[str, Any]:
    """A list reply.

    :param items: up to `page.top + 1` of them; one more than asked for means there is a next page.
    :param key: what the store continues after.
    """
    shown = items[: page.top]
    body: dict[str, Any] = {"value": [render(item) for item in shown]}
    if len(items) > page.top:
        body["nextLink"] = _next_link(request, settings, key(shown[-1]))
    return body


def _next_link(request: Request, settings: Settings, after: str) -> str:
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name.lower() != "$skiptoken"
    ]
    query = urlencode([*kept, ("$skipToken", encode_token(request.url.path, after))], safe="$")
    return f"{api_origin(request, settings)}{quote(request.url.path)}?{query}"
