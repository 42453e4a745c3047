"""Host names, origins and paths: what a request says of itself, parsed strictly.

Everything here is a pure function of text that a client sent, so everything here refuses what it
does not fully understand.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from studiolo.gateway.backend import MAX_HOST_LABEL

OWN_PATHS = "/_studiolo/"
"""On an instance host: what begins so is the gate's, and reaches no application."""

TICKET_PATH = "/_studiolo/ticket"
"""On an instance host: where a one-time ticket becomes that host's session cookie."""

READY_PATH = "/_studiolo/ready"
"""On an instance host: tells the studio, which frames it, that this browser has a session there."""

SIGNED_OUT_PATH = "/_studiolo/signed-out"
"""On an instance host: what a frame shows in place of the sign-in page, which is never framed."""

REFUSED_PATH = "/_studiolo/refused"
"""On an instance host: what a frame shows in place of the studio's refusal."""

STUDIO_OPEN_PATH = "/instances/open"
"""On the studio host: checks sign-in and right, then mints a ticket."""

TERMINAL_SOCKETS = "/terminals/websocket/"
"""Where Jupyter Server has the stream of a terminal; its name follows."""

_TERMINAL = re.compile(rf"{TERMINAL_SOCKETS}([A-Za-z0-9_]{{1,64}})")
_LABEL = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{MAX_HOST_LABEL - 2}}}[a-z0-9])?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f-\U0010ffff]")
_MAX_PATH = 4096
_MAX_QUERY = 8192
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class InstanceHost:
    """A request's own address, on one instance host.

    :param label: the host's first label, lower case; names the instance.
    :param origin: `scheme://host[:port]` as a browser writes it.
    :param studio_origin: the studio's origin behind the same scheme and port, so that a forwarded
        port leads back to itself.
    """

    label: str
    origin: str
    studio_origin: str


def instance_host(host: str, scheme: str, domain: str) -> InstanceHost | None:
    """Parse a Host header below `domain`; None for anything but `<label>.<domain>[:port]`."""
    name, colon, port = host.lower().partition(":")
    if scheme not in _DEFAULT_PORTS or (colon and not _valid_port(port)):
        return None
    label, dot, parent = name.partition(".")
    if not dot or parent != domain or not _LABEL.fullmatch(label):
        return None
    suffix = f":{port}" if port and port != _DEFAULT_PORTS[scheme] else ""
    return InstanceHost(label, f"{scheme}://{name}{suffix}", f"{scheme}://{domain}{suffix}")


def is_label(text: str) -> bool:
    """Whether `text` can be the first label of an instance's host."""
    return bool(_LABEL.fullmatch(text))


def terminal_name(uri: str) -> str | None:
    """The terminal whose stream this is, of a name that Jupyter Server takes; None if it is none.

    Exactly that path, without a query: nothing that another reader might take for another path.
    """
    found = _TERMINAL.fullmatch(uri)
    return found[1] if found else None


def _valid_port(port: str) -> bool:
    return bool(_PORT.fullmatch(port)) and int(port) <= 65535


def safe_path(path: str) -> str | None:
    r"""`path` if a redirect to it stays on its host, else None.

    It must be printable ASCII that starts with exactly one slash. `//host` and `/\host` name
    another host to a browser, and browsers drop tabs and line ends before they look, so neither
    backslashes nor control characters are let through anywhere.
    """
    if not path.startswith("/") or path.startswith("//") or len(path) > _MAX_PATH:
        return None
    if "\\" in path or _CONTROL_OR_SPACE.search(path):
        return None
    return path


def studio_open_url(host: InstanceHost, uri: str) -> str:
    """Where a browser without a session goes to get a ticket, and then back to `uri`."""
    query = urlencode({"host": host.label, "path": safe_path(uri) or "/"})
    return f"{host.studio_origin}{STUDIO_OPEN_PATH}?{query}"


def ticket_url(instance_origin: str, ticket: str, path: str) -> str:
    """Where the studio sends a browser that holds a fresh ticket.

    :param instance_origin: `scheme://label.domain[:port]`, of the scheme and port the browser used.
    """
    query = urlencode({"t": ticket, "path": safe_path(path) or "/"})
    return f"{instance_origin}{TICKET_PATH}?{query}"


def ticket_parameters(uri: str) -> tuple[str, str]:
    """The `t` and `path` parameters of a ticket link; empty where missing or given twice."""
    query = uri.partition("?")[2]
    if len(query) > _MAX_QUERY:
        return "", ""
    parameters = parse_qs(query, max_num_fields=8) if query.count("&") < 8 else {}
    ticket, path = parameters.get("t", []), parameters.get("path", ["/"])
    if len(ticket) != 1 or len(path) != 1:
        return "", ""
    return ticket[0], path[0]
