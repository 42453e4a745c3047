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
    return page_of(request, request.url.path)


def page_of(request: Request, name: str, *, usual: int = DEFAULT_TOP, most: int = MAX_TOP) -> Page:
    """The page a request asks for of the list called `name`.

    :param usual: how many items where `$top` is not said.
    :param most: the largest `$top`.
    :raises InvalidInput: `$top` is no number from 1 to `most`, or `$skipToken` not one of the
        list's.
    """
    return Page(_after(request, name), _top(request, usual, most))


def _parameter(request: Request, name: str) -> str | None:
    for key, value in request.query_params.multi_items():
        if key.lower() == name.lower():
            return value
    return None


def _top(request: Request, usual: int, most: int) -> int:
    text = _parameter(request, "$top")
    if text is None:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= most):
        raise InvalidInput(f"$top must be a whole number from 1 to {most}.", target="$top")
    return int(text)


def _after(request: Request, name: str) -> str | None:
    token = _parameter(request, "$skipToken")
    if token is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(token[:_TOKEN_MAX].encode("ascii"))
        after = raw[_DIGEST:].decode()
    except (binascii.Error, ValueError):
        after = ""
    if not after or token != encode_token(name, after):
        raise not_ours()
    return after


def not_ours() -> InvalidInput:
    """The error for a token that no list gave out."""
    return InvalidInput(
        "$skipToken is not one that this list gave out. Begin without it.", target="$skipToken"
    )


def encode_token(name: str, after: str) -> str:
    """The token for the page of a list that begins after the key `after`.

    :param name: the list's: its path, unless that is the path of several.
    """
    digest = hashlib.sha256(name.lower().encode()).digest()[:_DIGEST]
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
        body["nextLink"] = next_link(request, settings, request.url.path, key(shown[-1]))
    return body


def next_link(request: Request, settings: Settings, name: str, after: str) -> str:
    """Where the list called `name` goes on after the key `after`."""
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name.lower() != "$skiptoken"
    ]
    query = urlencode([*kept, ("$skipToken", encode_token(name, after))], safe="$")
    return f"{api_origin(request, settings)}{quote(request.url.path)}?{query}"
