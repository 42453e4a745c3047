"""The gateway's own cookie on an instance host, and how it is kept from the instance.

`__Host-` makes a browser refuse a cookie of that name that is not Secure, names a Domain, or comes
from another host: a page on a sibling instance cannot plant one. Chromium treats `*.localhost` as
trustworthy and keeps such a cookie on plain http as well (checked with Chromium 156 in
`tests/gateway/test_browser.py`), so one name serves both schemes.
"""

SESSION_COOKIE = "__Host-studiolo-instance"

_MAX_CANDIDATES = 4
_OWN_PREFIXES = ("studiolo", "__host-studiolo", "__secure-studiolo")


def session_cookies(header: str) -> tuple[str, ...]:
    """Values under :data:`SESSION_COOKIE`, in the order sent, at most four.

    A browser sends one. More than one is somebody's attempt to hide it, which must not lock the
    person out, so the caller tries each.
    """
    values = [value for name, value in _pairs(header) if name == SESSION_COOKIE and value]
    return tuple(values[:_MAX_CANDIDATES])


def without_own_cookies(header: str) -> str:
    """The Cookie header for the instance: everything but Studiolo's own cookies."""
    kept = (part.strip() for part in header.split(";") if not _is_own(part))
    return "; ".join(part for part in kept if part)


def session_cookie_header(value: str, lifetime: int) -> str:
    """The Set-Cookie header of a new session on an instance host."""
    return f"{SESSION_COOKIE}={value}; Path=/; Max-Age={lifetime}; Secure; HttpOnly; SameSite=Lax"


def _pairs(header: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in header.split(";"))
    return [(name.strip(), value.strip()) for name, _, value in parts]


def _is_own(part: str) -> bool:
    # A cookie without a name is sent as its bare value, and some servers read that as a name.
    return part.partition("=")[0].strip().casefold().startswith(_OWN_PREFIXES)
