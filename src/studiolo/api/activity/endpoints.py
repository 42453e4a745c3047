"""`Microsoft.Insights/eventtypes/management/values`: who did what, when, to what."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from studiolo.api.activity.filters import read_filter
from studiolo.api.activity.rendering import View
from studiolo.api.activity.schemas import ActivityEventList
from studiolo.api.arm.paging import Page, listing, not_ours, requested_page
from studiolo.api.deps import Provided, SignedIn
from studiolo.api.schema.saying import asks, gives
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_subscription, subscription_path
from studiolo.domain.access import overlap
from studiolo.domain.resources import ActivityEntry, Principal
from studiolo.store.activity import Place

router = APIRouter(tags=["activity"])

READ = "Microsoft.Insights/eventtypes/values/read"

_PATH = "/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values"
_FILTER = asks(
    "$filter",
    "`eventTimestamp ge '2026-06-01T00:00:00Z'` and others of `eventTimestamp`, "
    "`resourceGroupName`, `resourceUri`, `caller` and `status`, joined by `and`.",
)


@router.get(_PATH, responses=gives(ActivityEventList), openapi_extra=_FILTER)
async def list_activity(
    caller: Annotated[Principal, Depends(SignedIn())],
    request: Request,
    services: Provided,
    subscription: str,
    page: Annotated[Page, Depends(requested_page)],
) -> dict[str, Any]:
    """A page of the activity log, newest first: lines about what the caller may read."""
    readable = await _readable(services, caller)
    known_subscription(services, subscription)
    asked = read_filter(request, subscription_path(services))
    scopes = readable
    for place in asked.places:
        scopes = overlap(scopes, place)
    before = _place(page.after)
    async with services.database.reading() as tx:
        found = (
            await tx.activity.page(scopes, before, page.top + 1, asked.matching) if scopes else []
        )
    render = View(services.deployment).render
    return listing(request, services.settings, page, found, render, _key)


async def _readable(services: Services, caller: Principal) -> tuple[str, ...]:
    """The scopes whose lines the caller may read.

    :raises Forbidden: none.
    """
    scopes = await services.identity.scopes(caller, READ)
    if not scopes:
        await services.identity.authorize(caller, READ, subscription_path(services))
    return scopes


def _key(line: tuple[Place, ActivityEntry]) -> str:
    place, _ = line
    return f"{place.at.isoformat()} {place.number}"


def _place(after: str | None) -> Place | None:
    """Where a page continues.

    :raises InvalidInput: it was made up.
    """
    if after is None:
        return None
    try:
        at, number = after.split(" ")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(at)
        return Place(moment, int(number))
    except ValueError:
        raise not_ours() from None
