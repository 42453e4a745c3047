"""The address a client reached us at, which every absolute link in a reply starts with."""

from fastapi import Request

from studiolo.settings import Settings


def api_origin(request: Request, settings: Settings) -> str:
    """Where links to the API lead: as :func:`public_origin`, or the API host that was asked.

    A client stays with the name it knows. The studio's pages and instances are not served there.
    """
    host = request.headers.get("host", "").lower()
    name, _, port = host.partition(":")
    if name in settings.api_hosts and (not port or port.isdecimal()):
        return f"https://{host}"
    return public_origin(request, settings)


def public_origin(request: Request, settings: Settings) -> str:
    """`scheme://host[:port]` as the client sees it.

    The Host header is believed only when it names this deployment (a forwarded port may differ);
    otherwise links lead to the configured https origin, so that no reply can be made to point
    elsewhere.
    """
    host = request.headers.get("host", "")
    name, _, port = host.partition(":")
    if name.lower() != settings.domain.lower() or (port and not port.isdecimal()):
        return settings.https_origin
    scheme = "http" if request.url.scheme == "http" else "https"
    return f"{scheme}://{host.lower()}"
