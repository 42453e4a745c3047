"""Addresses at which a browser gets the studio.

Every page of the studio is the same file; what it shows is decided in the browser by the address.
The addresses are listed here so that a wrong one still says so, and none hides one of the API's.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from studiolo.api.identity.callers import Caller
from studiolo.api.identity.rendering import instance_origin, message_page
from studiolo.api.identity.visitors import PageRoute, to_sign_in, visitor
from studiolo.api.studio import assets
from studiolo.domain.errors import NotFound

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_ASSET_SECONDS = 31_536_000
_PAGES = ("/", "/welcome", "/workspaces", "/workspaces/{rest:path}", "/settings")

Visitor = Annotated[Caller | None, Depends(visitor)]


async def studio_page(request: Request, caller: Visitor) -> Response:
    """The studio, for whoever is signed in."""
    if caller is None:
        return to_sign_in(request)
    html = assets.index()
    if html is None:
        return message_page(request, 503, "unbuilt")
    return HTMLResponse(html, headers=_headers(request))


for path in _PAGES:
    router.add_api_route(path, studio_page, methods=["GET"])


@router.get("/assets/{name}")
async def asset(name: str, request: Request) -> Response:
    """A file of the studio's build."""
    found = assets.asset(name)
    if found is None:
        raise NotFound("The studio has no such file. Reload the page: it may be newer by now.")
    headers = {
        "Cache-Control": f"public, max-age={_ASSET_SECONDS}, immutable",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if found.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.gzipped, media_type=found.media_type, headers=headers)
    return Response(found.plain, media_type=found.media_type, headers=headers)


def _headers(request: Request) -> dict[str, str]:
    instances = instance_origin(request, "*")
    sockets = "ws" + instances.removeprefix("http")
    return {
        # Scripts come from our own files only. Fluent UI makes its style rules at run time, which
        # a browser counts as inline.
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob:; font-src 'self'; connect-src 'self' {sockets}; "
            # 'self', because a frame of an instance comes by way of the studio for its session.
            f"frame-src 'self' {instances}; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        ),
        # An instance's host lets itself be framed by a page that it can tell from this.
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }
