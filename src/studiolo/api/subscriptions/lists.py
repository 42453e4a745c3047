"""Lists that leave out what a filter or the caller's rights exclude, page by page."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from studiolo.api.arm.paging import Page
from studiolo.api.services import Services
from studiolo.domain.resources import Principal

Item = TypeVar("Item")

_MOST_READS = 50
"""Pages of the store read for one page of a list; a rare filter over many items gives a short
page with a nextLink rather than a slow one."""


async def collect(
    page: Page,
    fetch: Callable[[str | None, int], Awaitable[list[Item]]],
    keep: Callable[[Item], Awaitable[bool]],
    key: Callable[[Item], str],
) -> list[Item]:
    """Up to `page.top + 1` items that `keep` accepts, after `page.after`.

    :param fetch: reads up to so many items after a key.
    """
    kept: list[Item] = []
    after = page.after
    for _ in range(_MOST_READS):
        items = await fetch(after, page.top + 1)
        for item in items:
            if len(kept) <= page.top and await keep(item):
                kept.append(item)
        if len(kept) > page.top or len(items) <= page.top:
            break
        after = key(items[-1])
    return kept


async def visible(
    services: Services, caller: Principal, action: str, scope: str
) -> Callable[[str], Awaitable[bool]]:
    """What of a list at `scope` the caller may see: all, or each by its own ARM id.

    Somebody whose role lies further down lists what they may read instead of being refused.
    """
    everything = await services.identity.may(caller, action, scope)

    async def keep(arm_id: str) -> bool:
        return everything or await services.identity.may(caller, action, arm_id)

    return keep
