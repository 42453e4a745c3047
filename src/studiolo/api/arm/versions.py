"""The `api-version` query parameter.

Every ARM request carries one, `YYYY-MM-DD` with an optional `-preview`. Azure's SDKs move it with
each release, and Studiolo's replies are the same for all of them, so any date from a provider's
floor on is accepted: https://learn.microsoft.com/azure/azure-resource-manager/management/.
"""

import re
from datetime import date, timedelta

from fastapi import Request

from studiolo.api.arm.paths import provider_of
from studiolo.domain.errors import InvalidInput

FLOORS = {
    "microsoft.machinelearningservices": date(2021, 3, 1),
    "": date(2014, 4, 1),
}
"""Oldest version accepted per provider, lower case; the empty name stands for all others. Azure's
clients still use 2015-07-01 and the like for Microsoft.Authorization and Microsoft.Resources."""

AHEAD = timedelta(days=366)
"""How far beyond today a version may lie: a client's clock and ours need not agree, but nobody has
released the versions of years to come."""

_FORM = re.compile(r"(\d{4})-(\d{2})-(\d{2})(-preview)?", re.ASCII | re.IGNORECASE)


def require_version(request: Request) -> str:
    """FastAPI dependency: the request's api-version.

    :raises InvalidInput: `MissingApiVersionParameter` or `InvalidApiVersionParameter`.
    """
    given = [value for key, value in request.query_params.multi_items() if _is_version(key)]
    if not given or given == [""]:
        raise InvalidInput(
            "The api-version query parameter (?api-version=) is required for all requests.",
            code="MissingApiVersionParameter",
            target="api-version",
        )
    today = request.app.state.services.clock().date()
    if len(given) == 1 and _accepted(given[0], request.url.path, today):
        return given[0]
    floor = _floor(request.url.path)
    raise InvalidInput(
        f"The api-version '{', '.join(given)[:80]}' is not valid. Give one date such as "
        f"'2024-10-01' or '2024-10-01-preview', from {floor.isoformat()} on.",
        code="InvalidApiVersionParameter",
        target="api-version",
    )


def _is_version(key: str) -> bool:
    return key.lower() == "api-version"


def _floor(path: str) -> date:
    return FLOORS.get(provider_of(path).lower(), FLOORS[""])


def _accepted(version: str, path: str, today: date) -> bool:
    form = _FORM.fullmatch(version)
    if form is None:
        return False
    try:
        released = date(int(form[1]), int(form[2]), int(form[3]))
    except ValueError:
        return False
    return _floor(path) <= released <= today + AHEAD
