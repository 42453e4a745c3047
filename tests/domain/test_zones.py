"""Time zones by Windows' names and IANA's, and what becomes of times that come twice or never."""

# ruff: noqa: DTZ001 - a wall clock shows no zone

from datetime import UTC, datetime, timedelta

import pytest
from azure.ai.ml.constants import TimeZone
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain.zones import instant_of, known_zone, wall_of, zone_of

ZONES = [
    "UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "America/St_Johns",
    "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu",
]  # fmt: skip

WALLS = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)).map(
    lambda wall: wall.replace(microsecond=0)
)


@pytest.mark.parametrize("zone", list(TimeZone), ids=lambda zone: zone.value)
def test_every_zone_that_azures_client_offers_is_known(zone: TimeZone) -> None:
    if zone.value in _GONE:
        assert not known_zone(zone.value)
    else:
        assert known_zone(zone.value)
        assert zone_of(zone.value).utcoffset(datetime(2026, 1, 1)) is not None


_GONE = {"Kamchatka Standard Time", "Mid-Atlantic Standard Time"}
"""Obsolete in Windows itself; CLDR maps them to no place."""


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("Korea Standard Time", 9),
        ("korea standard TIME", 9),
        ("asia/seoul", 9),
        ("Pacific Standard Time", -8),
        ("UTC", 0),
        ("W. Europe Standard Time", 1),
    ],
)
def test_names_are_windows_or_ianas_in_any_case(name: str, hours: int) -> None:
    assert zone_of(name).utcoffset(datetime(2026, 1, 15)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["", "Mars", "../../etc/passwd", "localtime", "Factory", "GMT+9 Seoul", "x" * 300]
)
def test_what_is_no_zone_is_not_known(name: str) -> None:
    assert not known_zone(name)


def test_a_time_that_comes_twice_is_its_first_coming() -> None:
    berlin = zone_of("Europe/Berlin")
    assert instant_of(datetime(2026, 10, 25, 2, 30), berlin) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_a_time_that_never_comes_is_the_moment_at_which_clocks_change() -> None:
    berlin = zone_of("Europe/Berlin")
    for minute in (0, 1, 30, 59):
        wall = datetime(2026, 3, 29, 2, minute)
        assert instant_of(wall, berlin) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_day_that_a_place_left_out_is_the_midnight_at_which_it_did() -> None:
    apia = zone_of("Pacific/Apia")
    assert instant_of(datetime(2011, 12, 30, 8, 0), apia) == datetime(
        2011, 12, 30, 10, 0, tzinfo=UTC
    )


@given(WALLS, st.sampled_from(ZONES))
def test_an_instant_shows_its_wall_time_or_a_later_one(wall: datetime, name: str) -> None:
    zone = zone_of(name)
    instant = instant_of(wall, zone)
    shown = wall_of(instant, zone)
    assert shown >= wall
    if shown > wall:
        # It was passed over: a second earlier the clock had not come to it.
        assert wall_of(instant - timedelta(seconds=1), zone) < wall


@given(WALLS, WALLS, st.sampled_from(ZONES))
def test_the_order_of_times_is_kept(one: datetime, other: datetime, name: str) -> None:
    zone = zone_of(name)
    first, second = sorted([one, other])
    assert instant_of(first, zone) <= instant_of(second, zone)
