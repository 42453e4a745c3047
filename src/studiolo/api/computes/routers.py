"""All routes of compute instances."""

from fastapi import APIRouter

from studiolo.api.computes import (
    endpoints,
    inspection,
    refused,
    renewing,
    resizing,
    snapshots,
    watch,
)

router = APIRouter()
for part in (watch, endpoints, resizing, renewing, snapshots, inspection, refused):
    router.include_router(part.router)
