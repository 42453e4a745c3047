"""Every failure as ARM's `{"error": {"code", "message", "target", "details"}}`."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from studiolo.domain.errors import (
    Detail,
    InvalidInput,
    NotFound,
    StudioloError,
    TooManyRequests,
    Unavailable,
)

RETRY_UNAVAILABLE = 5
"""Seconds a client is told to wait when something Studiolo needs does not answer."""


class MethodNotAllowed(StudioloError):
    """The path exists, the method does not."""

    status = 405
    default_code = "MethodNotAllowed"


class TooLarge(StudioloError):
    """The request's body is over the limit."""

    status = 413
    default_code = "RequestEntityTooLarge"


class UnsupportedMediaType(StudioloError):
    """The body is not JSON."""

    status = 415
    default_code = "UnsupportedMediaType"


def error_body(error: StudioloError) -> dict[str, Any]:
    """The ARM error body of `error`; also what a failed operation shows."""
    return {"error": _fields(error.code, error.message, error.target, error.details)}


def detail_body(detail: Detail) -> dict[str, Any]:
    """One stored error as ARM's `ErrorDetail`."""
    return _fields(detail.code, detail.message, detail.target, ())


def _fields(
    code: str, message: str, target: str | None, details: Iterable[Detail]
) -> dict[str, Any]:
    fields: dict[str, Any] = {"code": code, "message": message}
    if target is not None:
        fields["target"] = target
    if nested := [detail_body(detail) for detail in details]:
        fields["details"] = nested
    return fields


def error_response(error: StudioloError) -> Response:
    """`error` as a reply, with the headers its status asks for."""
    headers = {"x-ms-error-code": error.code, "Cache-Control": "no-store"}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(max(1, error.retry_after))
    elif isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_UNAVAILABLE)
    elif error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="studiolo"'
    return JSONResponse(error_body(error), error.status, headers)


def install(app: FastAPI) -> None:
    """Render Studiolo's errors, the router's and FastAPI's own with the one envelope."""
    app.add_exception_handler(StudioloError, _studiolo)
    app.add_exception_handler(HTTPException, routing_error)
    app.add_exception_handler(RequestValidationError, _validation)


async def _studiolo(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StudioloError)  # noqa: S101 - registered for this class
    return error_response(error)


async def routing_error(request: Request, error: Exception) -> Response:
    """What the router refuses: an unknown path or method, a body that is too large."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    response = error_response(_from_status(request, error))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _from_status(request: Request, error: HTTPException) -> StudioloError:
    path = request.url.path
    match error.status_code:
        case 404:
            return NotFound(
                f"There is nothing at '{path}'. Check the spelling of the resource type.",
                code="InvalidResourceType" if "/providers/" in path else "ResourceNotFound",
            )
        case 405:
            return MethodNotAllowed(f"'{request.method}' is not something '{path}' can do.")
        case 413:
            return TooLarge(str(error.detail))
        case status:
            other = StudioloError(str(error.detail), code="BadRequest")
            other.status = status
            return other


async def _validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    details = [
        Detail("InvalidParameter", str(each["msg"]), ".".join(str(part) for part in each["loc"]))
        for each in error.errors()
    ]
    target = str(error.errors()[0]["loc"][-1]) if details else None
    first = details[0].message if details else "The request is not valid."
    return error_response(
        InvalidInput(f"Parameter '{target}': {first}", target=target, details=details)
    )
