"""Long-running operations on the wire: the headers a client polls by, and the status body.

Azure's clients read a missing or zero Retry-After as 30 seconds, so every reply says 1.
"""

from typing import Any

from fastapi import Request

from studiolo.api.arm.origin import api_origin
from studiolo.api.arm.rendering import instant
from studiolo.domain.resources import Operation, OperationStatus
from studiolo.settings import Settings

RETRY_SECONDS = 1
"""Seconds between polls: a client should learn of an end within a second."""

PROVIDER = "Microsoft.MachineLearningServices"


def operation_headers(
    request: Request, settings: Settings, operation: Operation, *, location: bool
) -> dict[str, str]:
    """Headers of a 201 or 202.

    :param location: add `Location` (POST and DELETE; on a PUT the client reads the resource).
    """
    headers = {
        "Azure-AsyncOperation": _link(request, settings, operation, "computeOperationsStatus"),
        "Retry-After": str(RETRY_SECONDS),
    }
    if location:
        headers["Location"] = _link(request, settings, operation, "computeOperationResults")
    return headers


def _link(request: Request, settings: Settings, operation: Operation, kind: str) -> str:
    origin = api_origin(request, settings)
    version = request.query_params.get("api-version", "2024-10-01")
    return (
        f"{origin}/subscriptions/{operation.subscription}/providers/{PROVIDER}"
        f"/locations/{operation.location}/{kind}/{operation.id}?api-version={version}"
    )


def operation_body(operation: Operation) -> dict[str, Any]:
    """ARM's `OperationStatusResult`."""
    body: dict[str, Any] = {
        "id": (
            f"/subscriptions/{operation.subscription}/providers/{PROVIDER}"
            f"/locations/{operation.location}/computeOperationsStatus/{operation.id}"
        ),
        "name": operation.id,
        "status": operation.status.value,
        "startTime": instant(operation.started_at),
        "resourceId": operation.scope,
    }
    if operation.ended_at is not None:
        body["endTime"] = instant(operation.ended_at)
    if operation.error is not None:
        body["error"] = {"code": operation.error.code, "message": operation.error.message}
    elif operation.status is OperationStatus.CANCELED:
        body["error"] = {
            "code": "Canceled",
            "message": "A later request for the same resource took this one's place.",
        }
    return body
