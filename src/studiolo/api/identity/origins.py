"""Which site a request comes from: the defence of everything that a cookie authorises.

Instance hosts are same-site with the studio, so SameSite cookies alone keep none of their pages
out. A browser says where a request comes from in Origin, which no page can forge.
"""

from fastapi import Request

from studiolo.api.arm.origin import public_origin
from studiolo.domain.errors import Forbidden
from studiolo.gateway.hosts import safe_path
from studiolo.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_same_origin(request: Request, settings: Settings) -> None:
    """Refuse a request that a page of another origin made.

    :raises Forbidden: its Origin is another one, or (an old browser) not known at all.
    """
    origin = request.headers.get("origin")
    if origin is None:
        fetch_site = request.headers.get("sec-fetch-site")
        if fetch_site in {"same-origin", "none"}:
            return
    elif origin.lower() == public_origin(request, settings):
        return
    raise Forbidden(
        "This request was made by a page of another site, so it was refused. Open Studiolo's own "
        "page and try again there.",
        code="CrossOriginRequest",
    )


def refuse_other_sites(request: Request, settings: Settings) -> None:
    """Refuse a read that a browser says another origin's page makes.

    No such page could read the answer; this is for answers that cost something by themselves.

    :raises Forbidden: it says so. A client that says nothing passes.
    """
    said = request.headers.get("origin") or request.headers.get("sec-fetch-site")
    if said is not None:
        require_same_origin(request, settings)


def safe_next(path: str | None, default: str = "/") -> str:
    """Where to go after signing in: a path on this host, or `default`."""
    return safe_path(path or "") or default
