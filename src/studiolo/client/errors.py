"""What a call to Studiolo can fail with.

ApiError            the server refused; its code, sentence and target
└── NotFoundError   404
ConnectionFailed    nobody answered; the sentence says what to start
OperationFailed     an operation was accepted and ended badly
"""

from collections.abc import Mapping
from typing import Any

import httpx


class ClientError(Exception):
    """Base of this client's errors.

    :param message: a sentence for a person.
    :param code: Azure's error code, or one of this client's own.
    """

    def __init__(self, message: str, *, code: str, target: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.target = target


class ConnectionFailed(ClientError):
    """Studiolo does not answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="ConnectionFailed")


class ApiError(ClientError):
    """Studiolo answered with an error.

    :param status: the HTTP status.
    """

    def __init__(self, status: int, code: str, message: str, target: str | None = None) -> None:
        super().__init__(message, code=code, target=target)
        self.status = status


class NotFoundError(ApiError):
    """The resource is not there, or not for this caller."""


class OperationFailed(ClientError):
    """A long-running operation ended as Failed or Canceled."""


def error_of(response: httpx.Response) -> ApiError:
    """The error that a reply of 400 and above carries, whatever its body is."""
    code, message, target = _details(response)
    kind = NotFoundError if response.status_code == 404 else ApiError
    return kind(response.status_code, code, message, target)


def _details(response: httpx.Response) -> tuple[str, str, str | None]:
    try:
        body = response.json()
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, Mapping):
        message = " ".join([str(error.get("message", "")), *_further(error)]).strip()
        return str(error.get("code", response.status_code)), message, error.get("target")
    if isinstance(error, str):  # OAuth2: {"error": "invalid_grant", "error_description": ...}
        described = body.get("error_description", error) if isinstance(body, Mapping) else error
        return error, str(described), None
    message = f"{response.request.url.path} was answered with {response.status_code}"
    return f"Http{response.status_code}", f"{message} {response.reason_phrase}.", None


def _further(error: Mapping[str, Any]) -> list[str]:
    details = error.get("details")
    if not isinstance(details, list):
        return []
    said = error.get("message")
    return [
        str(one["message"])
        for one in details
        if isinstance(one, Mapping) and one.get("message") not in (None, said)
    ]
