"""All of identity's routes."""

from fastapi import APIRouter

from studiolo.api.identity import account_routes, home, instances, oauth, pages

router = APIRouter()
for part in (pages, home, instances, account_routes, oauth):
    router.include_router(part.router)
