"""`$filter` of the activity log: comparisons joined by `and`, as Azure's clients send them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Request

from studiolo.domain.errors import InvalidInput
from studiolo.store.activity import Matching

_LONGEST = 2048
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", re.IGNORECASE)
_TERM = re.compile(r"(?P<field>[A-Za-z]+)\s+(?P<verb>[A-Za-z]+)\s+'(?P<value>(?:[^']|'')*)'")

_TIME = "eventTimestamp"
_GROUP = "resourceGroupName"
_URI = "resourceUri"
_CALLER = "caller"
_STATUS = "status"

_KNOWN = {
    (field.lower(), verb): (field, verb)
    for field, verb in (
        (_TIME, "ge"),
        (_TIME, "le"),
        (_GROUP, "eq"),
        (_URI, "eq"),
        (_CALLER, "eq"),
        (_STATUS, "eq"),
    )
}
_OFFER = ", ".join(f"{field} {verb} '...'" for field, verb in _KNOWN.values())

_ELSEWHERE = ("$select", "$orderby", "$search", "$count", "$skip")
"""What OData has besides, and this list does not."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a request asks for.

    :param places: scopes that lines must be at or below, all of them.
    """

    places: tuple[str, ...]
    matching: Matching


def read_filter(request: Request, subscription: str) -> Filter:
    """The request's `$filter`; without one, everything.

    :param subscription: ARM id of the path's subscription.
    :raises InvalidInput: it asks for what is not supported, which it names; nothing is ignored.
    """
    _refuse_others(request)
    said = dict(_terms(_text(request)))
    places = []
    if group := said.get((_GROUP, "eq")):
        places.append(f"{subscription}/resourceGroups/{group}")
    if uri := said.get((_URI, "eq")):
        places.append(uri)
    matching = Matching(
        since=_instant(said.get((_TIME, "ge"))),
        until=_instant(said.get((_TIME, "le")), whole_millisecond=True),
        caller=said.get((_CALLER, "eq")),
        status=said.get((_STATUS, "eq")),
    )
    return Filter(tuple(places), matching)


def _refuse_others(request: Request) -> None:
    for name in request.query_params:
        if name.lower() in _ELSEWHERE:
            raise InvalidInput(
                f"'{name}' is not supported by the activity log. Leave it out.",
                code="UnsupportedFeature",
                target=name,
            )


def _text(request: Request) -> str:
    given = [value for key, value in request.query_params.items() if key.lower() == "$filter"]
    text = given[0].strip() if given else ""
    if len(text) > _LONGEST:
        raise _refused(f"The filter is longer than {_LONGEST} characters.")
    return text


def _terms(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    seen = set()
    for term in _AND.split(text) if text else []:
        found = _TERM.fullmatch(term.strip())
        if found is None:
            raise _refused(f"'{term.strip()[:120]}' is no comparison that the filter knows.")
        known = _KNOWN.get((found["field"].lower(), found["verb"].lower()))
        if known is None:
            raise _refused(f"'{found['field']} {found['verb']}' is not supported in the filter.")
        if known in seen:
            raise _refused(f"'{known[0]} {known[1]}' is in the filter twice.")
        if not found["value"]:
            raise _refused(f"'{known[0]}' is compared with nothing.")
        seen.add(known)
        yield known, found["value"].replace("''", "'")


def _instant(text: str | None, *, whole_millisecond: bool = False) -> datetime | None:
    """An instant of the filter, in UTC where it names no zone.

    :param whole_millisecond: count the whole last millisecond in: clients write no more digits,
        and lines have microseconds.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _refused(f"'{text[:80]}' is no instant such as '2026-06-01T12:00:00Z'.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if whole_millisecond and moment.microsecond % 1000 == 0:
        moment += timedelta(microseconds=999)
    return moment


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        f"{why} Use {_OFFER}, joined by 'and'.", code="InvalidFilter", target="$filter"
    )
