"""All routes of compute instances."""

from fastapi import APIRouter

from studiolo.api.computes import endpoints, inspection, refused

router = APIRouter()
for part in (endpoints, inspection, refused):
    router.include_router(part.router)
