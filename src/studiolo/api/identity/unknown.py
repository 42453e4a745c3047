"""Addresses of the studio host that lead nowhere: a page for people, ARM's error for clients."""

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from studiolo.api.arm import envelope
from studiolo.api.arm.paths import is_arm
from studiolo.api.identity.rendering import message_page
from studiolo.api.identity.visitors import NOT_FOUND


def install(app: FastAPI) -> None:
    """Show a page where a browser asks for one, and leave every other answer as it is."""
    app.add_exception_handler(HTTPException, _unknown_address)


async def _unknown_address(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    wants_page = "text/html" in request.headers.get("accept", "")
    if error.status_code != NOT_FOUND or not wants_page or is_arm(request.url.path):
        return await envelope.routing_error(request, error)
    return message_page(request, NOT_FOUND, "nowhere")
