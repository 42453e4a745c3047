"""All routes of compute instances."""

from fastapi import APIRouter

from studiolo.api.computes import endpoints, inspection, refused, renewing, resizing, snapshots

router = APIRouter()
for part in (endpoints, resizing, renewing, snapshots, inspection, refused):
    router.include_router(part.router)
