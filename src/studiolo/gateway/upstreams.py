"""Which addresses the gateway may be told to dial.

The agent, which runs beside a user's own code, says where an application listens. The gateway
believes it only inside the machine's own ground: otherwise an instance could name the control
plane's sockets, Caddy's administration socket or a neighbour, and have the gateway open them.
"""

import ipaddress
import posixpath
import re

from studiolo.domain.machine import APPLICATION_PORTS
from studiolo.gateway.backend import Machine

_FORBIDDEN_NAMES = frozenset({"agent.sock", "cp.sock", "gate.sock", "caddy.sock", "local.sock"})
_FORBIDDEN_TEXT = re.compile(r"[\x00-\x1f\x7f{}|]")
"""Braces are placeholders to Caddy and a bar begins a file mode; neither belongs in an address."""
_TCP = re.compile(r"(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):([1-9][0-9]{0,4})")


def valid_upstream(upstream: str, machine: Machine) -> bool:
    """Whether `upstream` is one of the machine's own application addresses.

    A socket must lie below the machine's own run folder, without `..`, and not be the agent's; a
    TCP address must be the machine's own, which is never the host's loopback, with a port that is
    an application's.
    """
    if upstream.startswith("unix/"):
        return _own_socket(upstream.removeprefix("unix/"), machine.sockets)
    return _own_address(upstream, machine.address)


def valid_header_value(value: str) -> bool:
    """Whether text that a machine reported may become a header: a line end in it would begin
    another header, such as an upstream of the machine's choice.
    """
    return value.isascii() and value.isprintable()


def _own_socket(path: str, folder: str | None) -> bool:
    if not folder or not path.startswith("/") or _FORBIDDEN_TEXT.search(path):
        return False
    if posixpath.normpath(path) != path or posixpath.basename(path) in _FORBIDDEN_NAMES:
        return False
    return path.startswith(folder.rstrip("/") + "/")


def _own_address(upstream: str, address: str | None) -> bool:
    matched = _TCP.fullmatch(upstream)
    if not address or not matched or int(matched[3]) not in APPLICATION_PORTS:
        return False
    try:
        dialled = ipaddress.ip_address(matched[1] or matched[2])
        own = ipaddress.ip_address(address)
    except ValueError:
        return False
    reserved = own.is_loopback or own.is_unspecified or own.is_multicast or own.is_link_local
    return dialled == own and not reserved


def leads_elsewhere(upstream: str, machine: Machine) -> bool:
    """Whether a valid unix upstream passes through a symbolic link in the machine's folder.

    Such a link could leave the folder. A socket that does not exist yet leads nowhere else.
    """
    folder = machine.sockets
    if not upstream.startswith("unix/") or not folder:
        return False
    # Plain strings: this runs for every request, and pathlib would be most of its cost.
    part = upstream.removeprefix("unix/")
    while len(part) >= len(folder.rstrip("/")):
        if posixpath.islink(part):
            return True
        part = posixpath.dirname(part)
    return False
