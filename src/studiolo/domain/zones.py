"""Time zones by the names that clients use: Windows' own, as Azure does, and IANA's.

Source of Windows' names: Unicode CLDR's `windowsZones`, as the library tzlocal carries it; of the
zones' rules: the system's IANA database, or the package tzdata where there is none.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
"""Files of the IANA database that name no zone of anybody."""

_SECOND = timedelta(seconds=1)


@cache
def _keys() -> Mapping[str, str]:
    iana = {name.lower(): name for name in available_timezones() - _NO_PLACES}
    return iana | {name.lower(): key for name, key in win_tz.items() if key.lower() in iana}


def known_zone(name: str) -> bool:
    """Whether there is a time zone of this name, in any case."""
    return name.lower() in _keys()


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name.

    :raises KeyError: there is none; ask :func:`known_zone` first.
    """
    return ZoneInfo(_keys()[name.lower()])


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a wall clock of the zone first shows `wall`, or has just passed it.

    A time that comes twice, as clocks are set back, is its first coming. One that never comes, as
    they are set forward, is the moment at which they are. So the order of times is kept.

    :param wall: without a zone, in whole seconds.
    :returns: an instant in UTC.
    """
    found = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall_of(found, zone) == wall:
        return found
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change(before, found, zone)


def wall_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a wall clock of the zone shows, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which the zone's offset is no longer that of `before`."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before) / _SECOND)
    while low + 1 < high:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + high * _SECOND
