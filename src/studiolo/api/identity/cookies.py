"""The studio's own cookies.

`__Host-` makes a browser refuse a cookie of that name from any other host: without it, a page on
an instance host could plant one for its parent domain. Chromium and Firefox keep such a cookie on
`http://*.localhost` too; for a browser that does not, a plain name serves as well, on http only,
and counts only where the first is missing.
"""

from fastapi import Request
from starlette.responses import Response

SESSION = "studiolo"
FORM = "studiolo-form"
"""Names the browser before it has a session, so that sign-in forms cannot be forged."""

_PREFIX = "__Host-"
_PLAIN_SUFFIX = "-session"


def _plain(name: str) -> str:
    return name + _PLAIN_SUFFIX


def read(request: Request, name: str) -> str | None:
    """The cookie's value, if the browser sent it."""
    value = request.cookies.get(_PREFIX + name)
    if value is None and request.url.scheme == "http":
        value = request.cookies.get(_plain(name))
    return value or None


def write(request: Request, response: Response, name: str, value: str, max_age: int) -> None:
    """Set the cookie: host-only, unseen by scripts, not sent with other sites' requests."""
    response.set_cookie(
        _PREFIX + name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax"
    )
    if request.url.scheme == "http":
        response.set_cookie(
            _plain(name), value, max_age=max_age, path="/", httponly=True, samesite="lax"
        )


def remove(request: Request, response: Response, name: str) -> None:
    """Take the cookie back."""
    response.delete_cookie(_PREFIX + name, path="/", secure=True, httponly=True, samesite="lax")
    if request.url.scheme == "http":
        response.delete_cookie(_plain(name), path="/", httponly=True, samesite="lax")
