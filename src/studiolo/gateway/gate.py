"""The gate: Caddy's question in, a decision out, as headers.

It must be served on `gate.sock` only (`gate_server.py`), in a folder with mode 0700: whoever
reaches it is believed to be Caddy, and is told applications' tokens.
"""

import json
import logging

from studiolo.gateway.backend import GateBackend
from studiolo.gateway.cache import CachedBackend
from studiolo.gateway.cookies import session_cookie_header
from studiolo.gateway.framed import TEXTS, policy, refusal, script
from studiolo.gateway.hosts import instance_host
from studiolo.gateway.pages import page
from studiolo.gateway.passage import (
    APPLICATION_WAIT,
    Decision,
    Pass,
    Redirect,
    Refuse,
    Request,
    SetCookieAndRedirect,
    Tell,
    decide,
)

Header = tuple[bytes, bytes]

GATE_PATH = "/gate"

_log = logging.getLogger(__name__)

_TITLES = {
    "AuthenticationFailed": "Sign in",
    "AuthorizationFailed": "This is not yours to open",
    "ResourceNotFound": "There is no such instance",
    "ComputeInstanceNotRunning": "The instance is not running",
    "ComputeInstanceNotReady": "The instance is starting",
    "ApplicationStarting": "Almost there",
    "ApplicationFailed": "The application cannot be opened",
}

_ON_ITS_WAY = frozenset({"ComputeInstanceNotReady", "ApplicationStarting"})
"""What a progress bar is shown for: it will be there, if one waits."""


_PRIVATE: list[Header] = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


class Gate:
    """Answers `GET /gate` as `docs/gateway.md` says.

    :param cached: remembers look-ups; WebSockets are decided past it.
    :param domain: the studio's host name; instances are one label below it.
    :param wait: seconds a request is held while its application starts.
    """

    def __init__(
        self, cached: CachedBackend, domain: str, *, wait: float = APPLICATION_WAIT
    ) -> None:
        self.cached = cached
        self._domain = domain.lower()
        self._wait = wait

    async def answer(self, request: Request) -> tuple[int, list[Header], bytes, Decision]:
        """Decide on a request: the answer's status, headers and body, and the decision itself."""
        try:
            decision = await decide(
                request, self._domain, self._backend_for(request), wait=self._wait
            )
        except Exception:  # noqa: BLE001 - the outermost handler
            # The request must not pass, and the person should see a page rather than nothing.
            _log.exception("the gate could not decide on %s", request.host)
            decision = Refuse(503, "ServiceUnavailable", "Studiolo could not look that up.", 5)
        return *self._render(request, decision), decision

    def _backend_for(self, request: Request) -> GateBackend:
        return self.cached.backend if request.is_websocket else self.cached

    def _render(self, request: Request, decision: Decision) -> tuple[int, list[Header], bytes]:
        match decision:
            case Pass():
                return 204, _pass_headers(decision), b""
            case Redirect(location=location):
                return 302, _redirect_headers(location), b""
            case SetCookieAndRedirect(location=location, lifetime=lifetime, cookie=cookie):
                set_cookie = (b"set-cookie", session_cookie_header(cookie, lifetime).encode())
                return 303, [*_redirect_headers(location), set_cookie], b""
            case Tell(word=word):
                studio = self._studio(request)
                title, text = TEXTS[word]
                said = script({"type": word.value}, studio)
                body = page(title, text, studio=studio, script=said)
                return 200, _page_headers(policy(said, studio)), body.encode()
            case Refuse():
                return self._refusal(request, decision)

    def _studio(self, request: Request) -> str:
        """The studio's origin as this browser knows it; empty on a host that is not ours."""
        host = instance_host(request.host, request.scheme, self._domain)
        return host.studio_origin if host else ""

    def _refusal(self, request: Request, refused: Refuse) -> tuple[int, list[Header], bytes]:
        headers: list[Header] = []
        if refused.retry_after:
            headers.append((b"retry-after", str(refused.retry_after).encode()))
        if refused.status == 401:
            headers.append((b"www-authenticate", b'Bearer realm="studiolo"'))
        if not request.is_navigation:
            error = {"error": {"code": refused.code, "message": refused.message}}
            headers += [*_PRIVATE, (b"content-type", b"application/json")]
            return refused.status, headers, json.dumps(error).encode()
        studio = self._studio(request)
        said = script(refusal(refused), studio) if request.fetch_dest == "iframe" else ""
        body = page(
            refused.title or _TITLES.get(refused.code, "The request was refused"),
            refused.message,
            refresh=refused.retry_after,
            on_its_way=refused.code in _ON_ITS_WAY,
            studio=studio,
            script=said,
        )
        headers += _page_headers(policy(said, f"'self' {studio}"))
        return refused.status, headers, body.encode()


_FIELDS = {
    b"x-forwarded-method": "method",
    b"x-forwarded-host": "host",
    b"x-forwarded-uri": "uri",
    b"x-forwarded-proto": "scheme",
    b"x-forwarded-upgrade": "upgrade",
    b"origin": "origin",
    b"referer": "referer",
    b"sec-fetch-site": "fetch_site",
    b"sec-fetch-mode": "fetch_mode",
    b"sec-fetch-dest": "fetch_dest",
    b"accept": "accept",
    b"authorization": "authorization",
}


def read_request(headers: list[Header]) -> Request:
    """The client's request, from the headers of Caddy's.

    Caddy overwrites every `X-Forwarded-*` that a client sends (tested), so they are Caddy's word. A
    header that comes twice is joined as HTTP says; for Origin that makes it match nothing.
    """
    fields = dict.fromkeys(("method", "host", "uri", "scheme"), "")
    cookies: list[str] = []
    for name, value in headers:
        if name == b"cookie":
            cookies.append(value.decode("latin-1"))
        elif field := _FIELDS.get(name):
            text = value.decode("latin-1")
            fields[field] = f"{fields[field]}, {text}" if fields.get(field) else text
    return Request(**fields, cookies="; ".join(cookies))


def _page_headers(policy: str) -> list[Header]:
    return [
        *_PRIVATE,
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode()),
    ]


def _pass_headers(passed: Pass) -> list[Header]:
    # Bytes go through Caddy unchanged: a socket's path as the file system has it, a cookie as sent.
    headers = [(b"x-upstream", passed.upstream.encode("utf-8", "surrogateescape"))]
    if passed.authorization:
        headers.append((b"x-instance-authorization", passed.authorization.encode("latin-1")))
    if passed.cookies:
        headers.append((b"x-instance-cookie", passed.cookies.encode("latin-1")))
    return headers


def _redirect_headers(location: str) -> list[Header]:
    # No Referrer-Policy here: an iframe's next request is known by the studio's Referer, and a
    # redirect never becomes a referrer itself, so the ticket does not leak that way.
    return [(b"location", location.encode("latin-1")), (b"cache-control", b"no-store")]
