"""When a machine counts as used, and when it is stopped."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain.errors import InvalidInput
from studiolo.domain.idle import (
    LEAST,
    MOST,
    SETTING,
    Use,
    checked,
    idleness,
    limit_of,
    use_of,
)
from studiolo.domain.states import State
from tests.support.machines import compute_in
from tests.support.values import NOW, a_stamp

HOUR = timedelta(hours=1)
RUNNING = compute_in(State.RUNNING, at=NOW, spec={SETTING: "PT30M"}, stamp=a_stamp(NOW))
LATER = NOW + 5 * HOUR


def unused() -> Use:
    return Use(NOW, None, ())


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("PT15M", "PT15M"),
        ("PT1H", "PT60M"),
        ("PT1H30M", "PT90M"),
        ("P1D", "PT1440M"),
        ("P1DT2H", "PT1560M"),
        ("P3D", "PT4320M"),
        ("PT1800S", "PT30M"),
        ("PT20M5S", "PT20M5S"),
    ],
)
def test_a_duration_is_stored_in_minutes(given: str, stored: str) -> None:
    assert checked(given, SETTING) == stored


@pytest.mark.parametrize(
    "given",
    ["", "30", "P", "PT", "P1DT", "pt30m", "PT30", "-PT30M", "PT30M ", "PT1.5H", "P1M", "P1W",
     "PT1M1H", "00:30:00", "PT٣٠M", "PT14M59S", "PT0M", "P3DT1S", "PT999999999H",
     "PT" + "9" * 400 + "M"],
)  # fmt: skip
def test_what_azure_does_not_take_is_refused_by_name(given: str) -> None:
    with pytest.raises(InvalidInput, match=SETTING) as caught:
        checked(given, SETTING)
    assert caught.value.target == SETTING
    assert len(caught.value.message) < 250


@given(st.timedeltas(LEAST, MOST))
def test_every_duration_within_the_limits_means_what_it_says(wanted: timedelta) -> None:
    whole = timedelta(seconds=int(wanted.total_seconds()))
    hours, rest = divmod(int(whole.total_seconds()), 3600)
    text = f"PT{hours}H{rest // 60}M{rest % 60}S"
    stored = checked(text, SETTING)
    assert limit_of(replace(RUNNING, spec={SETTING: stored})) == whole
    assert checked(stored, SETTING) == stored


@pytest.mark.parametrize("spec", [{}, {SETTING: None}])
def test_without_a_limit_an_instance_is_never_stopped(spec: dict[str, Any]) -> None:
    found = idleness(replace(RUNNING, spec=spec), unused(), LATER)
    assert (found.since, found.shutdown_at) == (NOW, None)
    assert not found.is_over(LATER)


def test_an_unused_machine_is_idle_from_its_start() -> None:
    found = idleness(RUNNING, unused(), NOW)
    assert (found.since, found.shutdown_at) == (NOW, NOW + timedelta(minutes=30))
    assert not found.is_over(NOW + timedelta(minutes=29, seconds=59))
    assert found.is_over(NOW + timedelta(minutes=30))


@pytest.mark.parametrize(
    "later",
    [
        {"use": Use(NOW, NOW + HOUR, ())},
        {"use": Use(NOW + HOUR, None, ())},
        {"state_since": NOW + HOUR},
        {"stamp": a_stamp(NOW + HOUR)},
    ],
    ids=["last used", "agent started", "came to run", "settings changed"],
)
def test_whatever_came_last_is_what_it_is_idle_since(later: dict[str, Any]) -> None:
    use = later.pop("use", unused())
    assert idleness(replace(RUNNING, **later), use, LATER).since == NOW + HOUR


def test_a_busy_machine_is_never_stopped_however_long_it_takes() -> None:
    reason = "The kernel of train.ipynb is busy."
    found = idleness(RUNNING, Use(NOW, NOW, (reason,)), LATER)
    assert (found.since, found.busy, found.shutdown_at) == (None, (reason,), None)
    assert not found.is_over(LATER)


@given(
    started=st.timedeltas(-HOUR * 9, HOUR * 9),
    last=st.none() | st.timedeltas(-HOUR * 9, HOUR * 9),
    ran=st.timedeltas(-HOUR * 9, timedelta(0)),
    busy=st.booleans(),
)
def test_nothing_is_stopped_within_its_limit_of_any_use(
    started: timedelta, last: timedelta | None, ran: timedelta, busy: bool
) -> None:
    """Also where a machine's clock is wrong."""
    use = Use(NOW + started, None if last is None else NOW + last, ("why",) if busy else ())
    compute = replace(RUNNING, state_since=NOW + ran, stamp=None)
    found = idleness(compute, use, NOW)
    limit = timedelta(minutes=30)
    used = [started, ran, *([] if last is None else [last])]
    assert found.is_over(NOW) == (not busy and all(each <= -limit for each in used))
    assert found.since is None or found.since <= NOW


def test_an_agents_words_are_read() -> None:
    status = {
        "startedAt": "2025-06-02T12:00:00Z",
        "activity": {
            "lastActivity": "2025-06-02T14:00:00+01:00",
            "busy": True,
            "reasons": ["python runs in a terminal."],
        },
    }
    assert use_of(status) == Use(NOW, NOW + HOUR, ("python runs in a terminal.",))


def test_a_time_without_a_zone_is_utc() -> None:
    activity = {"lastActivity": None, "busy": False, "reasons": []}
    use = use_of({"startedAt": "2025-06-02T12:00:00", "activity": activity})
    assert use == unused()


def test_an_agent_that_says_busy_is_believed_without_a_reason() -> None:
    activity = {"lastActivity": None, "busy": True, "reasons": []}
    use = use_of({"startedAt": NOW.isoformat(), "activity": activity})
    assert use is not None
    assert idleness(RUNNING, use, LATER).since is None


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"startedAt": "2025-06-02T12:00:00Z"},
        {"startedAt": "2025-06-02T12:00:00Z", "activity": None},
        {"startedAt": "2025-06-02T12:00:00Z", "activity": {}},
        {"startedAt": "2025-06-02T12:00:00Z", "activity": {"lastActivity": "soon", "reasons": []}},
        {"startedAt": "2025-06-02T12:00:00Z", "activity": {"lastActivity": 7, "reasons": []}},
        {"startedAt": "2025-06-02T12:00:00Z", "activity": {"reasons": "none"}},
        {"startedAt": "yesterday", "activity": {"lastActivity": None, "reasons": []}},
        {"activity": {"lastActivity": None, "busy": False, "reasons": []}},
    ],
)
def test_what_an_agent_does_not_say_is_not_known(status: dict[str, Any]) -> None:
    assert use_of(status) is None


def test_times_of_other_zones_compare() -> None:
    east = timezone(timedelta(hours=9))
    use = Use(datetime(2025, 6, 2, 22, 0, tzinfo=east), None, ())
    assert idleness(RUNNING, use, LATER).since == NOW + HOUR
