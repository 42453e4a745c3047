"""May this request pass, as whom, and to where?

The decision, free of any HTTP framework. Caddy asks it of every request to an instance host.

Why the origin rules are strict: the gateway adds the application's token, and with a token Jupyter
switches off its own XSRF and origin checks. Instance hosts are one *site* to a browser, so
SameSite alone would let a page on one instance open a terminal on another. What remains allowed
from elsewhere is what a link may do: a GET that navigates the whole tab; and, to the studio, its
iframe and its terminal.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from studiolo.domain.applications import application_of
from studiolo.domain.errors import StudioloError
from studiolo.domain.states import TRANSIENT, Event, Goal, State, accepts
from studiolo.gateway.backend import (
    Failed,
    GateBackend,
    GateInstance,
    Machine,
    Starting,
    Upstream,
)
from studiolo.gateway.cookies import session_cookies, without_own_cookies
from studiolo.gateway.hosts import (
    READY_PATH,
    REFUSED_PATH,
    SIGNED_OUT_PATH,
    TICKET_PATH,
    InstanceHost,
    instance_host,
    safe_path,
    studio_open_url,
    terminal_name,
    ticket_parameters,
)
from studiolo.gateway.upstreams import leads_elsewhere, valid_header_value, valid_upstream

OPEN_ACTION = "Microsoft.MachineLearningServices/workspaces/computes/applicationaccess/action"
"""Azure's action for opening an application; a refusal names it."""

APPLICATION_WAIT = 8.0
"""Seconds a request is held while its application starts; Jupyter takes two or three."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE", "PROPFIND", "REPORT"}
_OWN_SITE = frozenset({"", "same-origin", "none"})
_STUDIO_SITE = frozenset({"", "same-site"})
_MAY_ANSWER = frozenset({State.RUNNING, State.UNKNOWN, State.RESIZING})
"""Unknown is the engine's silence, not the machine's: its applications may well be there. A machine
that is resized goes on meanwhile, where its engine can do that.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What the client sent. Absent headers are empty strings.

    :param host: the Host header, port included.
    :param uri: path and query as sent.
    :param upgrade: the Upgrade header; `websocket` for a WebSocket.
    :param cookies: the Cookie header or headers, joined by `; `.
    """

    method: str
    host: str
    uri: str
    scheme: str
    upgrade: str = ""
    origin: str = ""
    referer: str = ""
    fetch_site: str = ""
    fetch_mode: str = ""
    fetch_dest: str = ""
    accept: str = ""
    authorization: str = field(default="", repr=False)
    cookies: str = field(default="", repr=False)

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.uri.partition("?")[0]

    @property
    def is_websocket(self) -> bool:
        """Whether the request wants to become a WebSocket."""
        return self.upgrade.lower() == "websocket"

    @property
    def is_navigation(self) -> bool:
        """Whether a browser loads this as a page, and so can follow a redirect to sign in."""
        if self.method != "GET" or self.upgrade:
            return False
        if self.fetch_mode:
            return self.fetch_mode == "navigate"
        return "text/html" in self.accept

    @property
    def bearer(self) -> str:
        """The bearer token, or nothing."""
        scheme, _, token = self.authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Pass:
    """Proxy it.

    :param authorization: what the application demands instead of the client's own.
    :param cookies: the client's cookies without Studiolo's.
    """

    upstream: str
    principal_id: str
    instance_id: str
    application: str
    authorization: str | None = field(default=None, repr=False)
    cookies: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Redirect:
    """To the studio, for a ticket."""

    location: str


@dataclass(frozen=True, slots=True)
class SetCookieAndRedirect:
    """The ticket was good: begin the session and go on to the page."""

    location: str
    lifetime: int
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not now, or not at all.

    :param retry_after: seconds after which it may work; a page refreshes itself then.
    :param title: heading of the page, where that of the code says too little.
    """

    status: int
    code: str
    message: str
    retry_after: int | None = None
    title: str | None = None


class Word(StrEnum):
    """What a page in a frame tells the studio around it."""

    READY = "studiolo-ready"
    """There is a session on this host now: streams and further frames will open."""
    SIGNED_OUT = "studiolo-signed-out"
    """The sign-in at the studio is over."""
    REFUSED = "studiolo-refused"
    """What the frame was to show is refused, or not there yet; the rest of the message says why."""


@dataclass(frozen=True, slots=True)
class Tell:
    """A page of the gate's own, made to be framed by the studio."""

    word: Word


Decision = Pass | Redirect | SetCookieAndRedirect | Refuse | Tell


_FRAMED: dict[str, Tell | Refuse] = {
    SIGNED_OUT_PATH: Tell(Word.SIGNED_OUT),
    REFUSED_PATH: Refuse(
        403,
        "AuthorizationFailed",
        "This instance is not yours to open, or is not there any more. The studio lists yours.",
    ),
}
"""Pages that are the same for everybody, on hosts that do not exist too."""


async def decide(
    request: Request, domain: str, backend: GateBackend, *, wait: float = APPLICATION_WAIT
) -> Decision:
    """Decide on one request to an instance host below `domain`."""
    host = instance_host(request.host, request.scheme, domain)
    if host is None:
        return Refuse(404, "ResourceNotFound", f"No compute instance has the host {domain!r} here.")
    if refused := refuse_origin(request, host):
        return refused
    try:
        if request.path == TICKET_PATH:
            return await _redeem(request, host, backend)
        if request.path in _FRAMED:
            return _FRAMED[request.path]
        return await _admit(request, host, backend, wait)
    except StudioloError as error:
        return Refuse(error.status, error.code, error.message)


def refuse_origin(request: Request, host: InstanceHost) -> Refuse | None:
    """The rules about where a request comes from; None when it may go on."""
    if request.method not in _METHODS:
        return Refuse(405, "MethodNotAllowed", f"Instances do not take {request.method[:20]!r}.")
    if request.upgrade and not request.is_websocket:
        return Refuse(400, "InvalidParameter", "The only upgrade that passes is to a WebSocket.")
    if studio_terminal(request, host):
        return None
    if request.origin and request.origin != host.origin:
        return _foreign("its Origin is another host")
    if request.is_websocket and not request.origin and not request.bearer:
        return _foreign("a WebSocket needs an Origin header or a bearer token")
    if request.fetch_site not in _OWN_SITE and not _may_arrive_from_elsewhere(request, host):
        return _foreign(f"it was made by another page ({request.fetch_site[:20]})")
    if request.method in _SAFE_METHODS or request.bearer:
        return None
    if not request.origin and request.fetch_site != "same-origin":
        return _foreign("a request that changes something must say where it comes from")
    return None


def studio_terminal(request: Request, host: InstanceHost) -> str | None:
    """The name of the terminal that the studio's own page opens a stream to; None for all else.

    A page says who it is by Origin, which its scripts cannot change. A bearer token is no page's.
    """
    opens = request.method == "GET" and request.is_websocket and not request.bearer
    if not opens or request.origin != host.studio_origin:
        return None
    return terminal_name(request.uri) if request.fetch_site in _STUDIO_SITE else None


def _may_arrive_from_elsewhere(request: Request, host: InstanceHost) -> bool:
    if not request.is_navigation:
        return False
    if request.fetch_dest == "document":
        return True
    # An iframe: the studio's only. A browser sends at least the origin of the page that navigates
    # it: the studio's, or the instance's own where a page in the frame went by way of the studio
    # for a new session, which makes it `same-site`.
    if request.fetch_dest != "iframe" or request.fetch_site != "same-site":
        return False
    return request.referer.startswith((host.studio_origin + "/", host.origin + "/"))


def _foreign(why: str) -> Refuse:
    return Refuse(403, "AuthorizationFailed", f"The request was refused: {why}.")


async def _redeem(request: Request, host: InstanceHost, backend: GateBackend) -> Decision:
    if not request.is_navigation:
        return Refuse(405, "MethodNotAllowed", "A ticket is redeemed by opening its link.")
    ticket, wanted = ticket_parameters(request.uri)
    path = safe_path(wanted)
    if not ticket or path is None or path.startswith(TICKET_PATH):
        return Refuse(400, "InvalidParameter", "The link is damaged. Open the instance again.")
    grant = await backend.redeem_ticket(ticket, host.label)
    if grant is None:
        message = (
            "A link to an instance works once, and only for a short time. Open the instance again "
            "from the studio."
        )
        return Refuse(401, "AuthenticationFailed", message, title="This link has been used")
    return SetCookieAndRedirect(path, grant.lifetime, grant.cookie)


async def _admit(
    request: Request, host: InstanceHost, backend: GateBackend, wait: float
) -> Decision:
    instance = await backend.instance_by_host(host.label)
    principal = await _principal(request, instance, backend)
    if principal is None:
        # The same answer for hosts that do not exist, so that names cannot be tried out.
        return _sign_in(request, host)
    if instance is None:
        return Refuse(404, "ResourceNotFound", f"No compute instance is named {host.label!r}.")
    if principal not in instance.allowed:
        return _not_yours(instance)
    if request.path == READY_PATH:
        # Also of an instance that does not run: a session is about the person.
        return Tell(Word.READY)
    if instance.state not in _MAY_ANSWER:
        return _not_running(instance)
    return await _open(request, host, instance, principal, backend, wait)


async def _principal(
    request: Request, instance: GateInstance | None, backend: GateBackend
) -> str | None:
    if request.bearer:
        return await backend.bearer(request.bearer)
    for cookie in session_cookies(request.cookies):
        session = await backend.session(cookie)
        if session and instance and session.instance_id == instance.id:
            return session.principal_id
    return None


def _sign_in(request: Request, host: InstanceHost) -> Decision:
    if request.is_navigation and not request.bearer:
        return Redirect(studio_open_url(host, request.uri))
    message = "Sign in: open the instance from the studio, or send a bearer token."
    return Refuse(401, "AuthenticationFailed", message)


def _not_yours(instance: GateInstance) -> Refuse:
    return Refuse(
        403,
        "AuthorizationFailed",
        f"This instance belongs to {instance.owner}. Ask {instance.owner}, or an administrator for "
        "an instance of your own. In detail: only its creator or assigned user opens its "
        f"applications; the action {OPEN_ACTION!r} is missing on {instance.name!r}.",
    )


def _not_running(instance: GateInstance) -> Refuse:
    transient = TRANSIENT.get(instance.state)
    if transient and transient.goal is Goal.RUNNING:
        message = f"Compute instance {instance.name!r} is {instance.state}. Wait a moment."
        return Refuse(503, "ComputeInstanceNotReady", message, retry_after=2)
    message = f"Compute instance {instance.name!r} is {instance.state}. {_advice(instance)}"
    return Refuse(409, "ComputeInstanceNotRunning", message)


def _advice(instance: GateInstance) -> str:
    """The stored reason, which says what to do; else what the table of states allows."""
    if instance.reason:
        return instance.reason
    if accepts(instance.state, Event.START):
        return "Start it, then try again."
    if instance.state is State.STOPPING:
        return "Wait until it has stopped, and start it again."
    return "It cannot be started: use another instance, or create one."


async def _open(
    request: Request,
    host: InstanceHost,
    instance: GateInstance,
    principal: str,
    backend: GateBackend,
    wait: float,
) -> Decision:
    application = application_of(request.path)
    terminal = studio_terminal(request, host)
    found = await backend.open_application(instance.id, application, wait, terminal)
    title = f"{application.display_name} on {instance.name!r}"
    match found:
        case Starting(retry_after=seconds):
            return Refuse(503, "ApplicationStarting", f"{title} is starting.", retry_after=seconds)
        case Failed(message=why):
            return Refuse(503, "ApplicationFailed", why, 10)
        case Upstream(address=address, authorization=authorization):
            if not _trustworthy(found, instance.machine):
                message = f"{title} gave an address that is not its own; it was not opened."
                return Refuse(502, "InvalidUpstream", message)
            cookies = without_own_cookies(request.cookies)
            return Pass(address, principal, instance.id, application.name, authorization, cookies)


def _trustworthy(found: Upstream, machine: Machine) -> bool:
    return (
        valid_upstream(found.address, machine)
        and valid_header_value(found.authorization or "")
        and not leads_elsewhere(found.address, machine)
    )
