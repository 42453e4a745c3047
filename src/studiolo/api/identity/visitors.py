"""People at a browser: who they are, and where those go who are not signed in."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from studiolo.api.identity.callers import Caller, caller_of
from studiolo.api.identity.origins import safe_next
from studiolo.api.identity.rendering import message_page, redirect
from studiolo.domain.errors import StudioloError, Unauthenticated

SIGN_IN_PATH = "/signin"

_PLAIN = "/:@!$&'()*+,;="
"""What stands for itself in an address's path, besides letters and digits (RFC 3986)."""

NOT_FOUND = 404
"""The status of an address that leads nowhere."""


async def visitor(request: Request) -> Caller | None:
    """The person whose session this browser has; None if it has none."""
    try:
        caller = await caller_of(request)
    except Unauthenticated:
        return None
    return caller if caller.session is not None else None


def to_sign_in(request: Request) -> Response:
    """To the form, and afterwards back to where the request wanted to go."""
    # Spelt as in an address again: a file's name may hold spaces, '?', and any letter there is.
    here = quote(request.scope["path"], safe=_PLAIN)
    here += f"?{request.url.query}" if request.url.query else ""
    return redirect(f"{SIGN_IN_PATH}?{urlencode({'next': safe_next(here)})}")


_SUBJECTS = {
    400: "failed",
    403: "forbidden",
    NOT_FOUND: "missing",
    409: "conflict",
    429: "too_many",
    503: "unavailable",
}


class PageRoute(APIRoute):
    """A route for browsers: what goes wrong is shown as a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler, with errors rendered."""
        handler = super().get_route_handler()

        async def render_errors(request: Request) -> Response:
            try:
                return await handler(request)
            except StudioloError as error:
                return problem_page(request, error)

        return render_errors


def problem_page(request: Request, error: StudioloError) -> Response:
    """An error as a page."""
    subject = _SUBJECTS.get(error.status, "failed")
    return message_page(request, error.status, subject, error.message)
