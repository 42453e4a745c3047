"""All of identity's routes."""

from fastapi import APIRouter

from studiolo.api.identity import account_routes, browser_sessions, instances, oauth, pages

router = APIRouter()
for part in (pages, instances, browser_sessions, account_routes, oauth):
    router.include_router(part.router)
