"""Quota counters of a region: every family there is, and the total."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.api.computes.recording import Call
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import subscription_path
from studiolo.domain.errors import InvalidInput
from studiolo.domain.quota import TOTAL, QuotaUsage
from studiolo.domain.sizes import Catalogue

TOTAL_NAME = "TotalDedicatedCores"
"""Azure ML's name for a region's total."""

_TYPE = "Microsoft.MachineLearningServices"
_LARGEST = 10_000_000


async def counters(services: Services, region: str) -> list[QuotaUsage]:
    """Every counter, the total first, with the configured limit where none was set."""
    async with services.database.reading() as tx:
        stored = {each.family: each for each in await tx.quota.usage(region)}
    given = services.regions[region]
    families = sorted({*given.catalogue.families, *stored} - {TOTAL})
    return [
        stored.get(TOTAL) or QuotaUsage(TOTAL, given.total_vcpus, 0),
        *(stored.get(each) or QuotaUsage(each, given.family_vcpus, 0) for each in families),
    ]


def checked_limits(
    catalogue: Catalogue, wanted: Sequence[tuple[str, int]]
) -> Mapping[str, tuple[int, str]]:
    """New limits by family, from rows of (id, limit); with the row's field for messages.

    :raises InvalidInput: no such family, a limit below zero, or two rows for one family.
    """
    limits: dict[str, tuple[int, str]] = {}
    for index, (row_id, limit) in enumerate(wanted):
        name = row_id.rstrip("/").rpartition("/")[2]
        family = TOTAL if name.lower() == TOTAL_NAME.lower() else catalogue.family(name)
        if family is None:
            raise InvalidInput(
                f"There is no VM family '{name[:80]}'. List the quotas of the region for all.",
                target=f"value.{index}.id",
            )
        if not 0 <= limit <= _LARGEST:
            raise InvalidInput(
                f"A limit is a number of vCPUs from 0 to {_LARGEST}.", target=f"value.{index}.limit"
            )
        if family in limits:
            raise InvalidInput(f"'{name}' stands there twice.", target=f"value.{index}.id")
        limits[family] = (limit, name)
    return limits


async def set_limits(
    services: Services, region: str, limits: Mapping[str, tuple[int, str]], call: Call
) -> list[QuotaUsage]:
    """Store limits and an activity line in one transaction; returns the counters that changed."""
    async with services.database.transaction() as tx:
        for family, (limit, _) in sorted(limits.items()):
            await tx.quota.set_limit(region, family, limit)
        detail = ", ".join(f"{name}={limit}" for limit, name in limits.values())
        await call.note(tx, f"{subscription_path(services)}/locations/{region}", detail=detail)
    return [each for each in await counters(services, region) if each.family in limits]


def usage_row(base: str, counter: QuotaUsage) -> dict[str, Any]:
    """A row of `usages`, in both spellings."""
    name, shown = _names(counter.family)
    return {
        "id": f"{base}/{name}",
        "type": f"{_TYPE}/usages" if counter.family == TOTAL else f"{_TYPE}/vmFamily/usages",
        "unit": "Count",
        "currentValue": counter.used,
        "current_value": counter.used,
        "limit": counter.limit,
        "name": {"value": name, "localizedValue": shown, "localized_value": shown},
    }


def quota_row(base: str, counter: QuotaUsage) -> dict[str, Any]:
    """A row of `quotas`."""
    name, shown = _names(counter.family)
    return {
        "id": f"{base}/{name}",
        "type": f"{_TYPE}/quotas" if counter.family == TOTAL else f"{_TYPE}/vmFamily/quotas",
        "limit": counter.limit,
        "unit": "Count",
        "name": {"value": name, "localizedValue": shown},
    }


_FAMILY = re.compile(r"standard ?(.+?) ?family", re.IGNORECASE)


def _names(family: str) -> tuple[str, str]:
    """A counter's name on the wire, and as Azure shows it."""
    if family == TOTAL:
        return TOTAL_NAME, "Total Cluster Dedicated Regional vCPUs"
    form = _FAMILY.fullmatch(family)
    return family, f"Standard {form[1]} Family Cluster Dedicated vCPUs" if form else family
