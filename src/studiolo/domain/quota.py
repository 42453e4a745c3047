"""Quota: how many vCPUs a region grants, per VM family and in total, as Azure counts them."""

from collections.abc import Sequence
from dataclasses import dataclass

from studiolo.domain.errors import Detail, QuotaExceeded

TOTAL = "*"
"""Family name of the regional total."""


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    """One counter, in vCPUs."""

    family: str
    limit: int
    used: int


@dataclass(frozen=True, slots=True)
class QuotaHolder:
    """A compute instance that holds vCPUs, running or stopped."""

    name: str
    workspace: str
    owner: str
    family: str
    vcpus: int


_SHOWN = 5
"""Holders named in a refusal."""


def exceeded(
    location: str, usage: QuotaUsage, wanted: int, holders: Sequence[QuotaHolder]
) -> QuotaExceeded:
    """Build the refusal: limit, use, request, and who holds most of it."""
    what = f"vCPUs of {usage.family}" if usage.family != TOTAL else "vCPUs in total"
    largest = sorted(holders, key=lambda holder: (-holder.vcpus, holder.name))
    shown = ", ".join(f"{h.name} of {h.owner} ({h.vcpus})" for h in largest[:_SHOWN])
    more = f" and {len(largest) - _SHOWN} more" if len(largest) > _SHOWN else ""
    held = f" Held by: {shown}{more}." if shown else ""
    message = (
        f"Quota exceeded in region '{location}': {wanted} {what} requested, {usage.used} of "
        f"{usage.limit} in use.{held} Delete an instance that is not needed, choose a smaller "
        f"size, or ask an administrator to raise the limit."
    )
    details = [
        Detail("QuotaHolder", f"{h.name}: {h.vcpus} vCPUs, {h.family}, owner {h.owner}")
        for h in largest[:_SHOWN]
    ]
    return QuotaExceeded(message, target=usage.family, details=details)
