"""All routes of compute instances."""

from fastapi import APIRouter

from studiolo.api.computes import endpoints, inspection, refused, resizing

router = APIRouter()
for part in (endpoints, resizing, inspection, refused):
    router.include_router(part.router)
