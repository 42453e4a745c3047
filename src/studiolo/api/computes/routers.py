"""All routes of compute instances."""

from fastapi import APIRouter

from studiolo.api.computes import (
    endpoints,
    idling,
    inspection,
    refused,
    renewing,
    resizing,
    scheduling,
    snapshots,
    watch,
)

router = APIRouter()
for part in (
    watch,
    endpoints,
    idling,
    resizing,
    scheduling,
    renewing,
    snapshots,
    inspection,
    refused,
):
    router.include_router(part.router)
