"""When schedules fire, against an oracle that looks at every minute of the clock."""

# ruff: noqa: DTZ001 - a wall clock shows no zone

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studiolo.domain.schedules import (
    GRACE,
    Action,
    BadExpression,
    Cron,
    Firing,
    Frequency,
    Recurrence,
    Result,
    Schedule,
    merged,
    next_due,
    turn,
)
from studiolo.domain.zones import instant_of, wall_of, zone_of

MINUTE = timedelta(minutes=1)
EARLY = datetime(2020, 1, 1)

CHANGES = [
    datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 10, 24, 22, tzinfo=UTC),
    datetime(2026, 3, 8, 4, tzinfo=UTC),
    datetime(2026, 11, 1, 2, tzinfo=UTC),
    datetime(2026, 4, 4, 12, tzinfo=UTC),
    datetime(2026, 2, 28, 20, tzinfo=UTC),
]
"""Hours around which clocks change in Berlin, New York and Lord Howe, and the end of a month."""

ZONES = ["UTC", "Korea Standard Time", "Europe/Berlin", "Eastern Standard Time",
         "Australia/Lord_Howe"]  # fmt: skip


def a_schedule(trigger: Cron | Recurrence, **changes: object) -> Schedule:
    made = Schedule("one", Action.STOP, True, trigger, "UTC", None, EARLY)
    return replace(made, **changes)  # type: ignore[arg-type]


def daily(hour: int, minute: int = 0, **changes: object) -> Schedule:
    return a_schedule(Cron(f"{minute} {hour} * * *"), **changes)


# --- the oracle -----------------------------------------------------------------------------


def field_matches(field: str, value: int) -> bool:
    """Whether one field of an expression such as those below matches; written anew."""
    return any(_term_matches(term, value) for term in field.split(","))


def _term_matches(term: str, value: int) -> bool:
    if term.startswith("*/"):
        return value % int(term[2:]) == 0
    low, _, high = term.partition("-")
    return term == "*" or int(low) <= value <= int(high or low)


def cron_matches(expression: str, wall: datetime) -> bool:
    minute, hour, day, month, weekday = expression.split()
    return (
        field_matches(minute, wall.minute)
        and field_matches(hour, wall.hour)
        and (day == "*" or field_matches(day, wall.day))
        and (month == "*" or field_matches(month, wall.month))
        and (weekday == "*" or field_matches(weekday, wall.isoweekday() % 7))
    )


def recurs(trigger: Recurrence, anchor: datetime, wall: datetime) -> bool:
    every, minutes = trigger.interval, int((wall - anchor) / MINUTE)
    if trigger.frequency is Frequency.MINUTE:
        return minutes % every == 0
    if trigger.frequency is Frequency.HOUR:
        return minutes % (every * 60) == 0
    if wall.hour not in (trigger.hours or (anchor.hour,)):
        return False
    if wall.minute not in (trigger.minutes or (anchor.minute,)):
        return False
    if trigger.frequency is Frequency.DAY:
        days = (wall.date() - anchor.date()).days
        return days % every == 0 and (not trigger.week_days or wall.weekday() in trigger.week_days)
    if trigger.frequency is Frequency.WEEK:
        weeks = (wall.date().toordinal() - 1) // 7 - (anchor.date().toordinal() - 1) // 7
        return weeks % every == 0 and wall.weekday() in (trigger.week_days or (anchor.weekday(),))
    months = (wall.year - anchor.year) * 12 + wall.month - anchor.month
    if trigger.week_days:
        return months % every == 0 and wall.weekday() in trigger.week_days
    return months % every == 0 and wall.day in (trigger.month_days or (anchor.day,))


def fires(schedule: Schedule, wall: datetime) -> bool:
    if wall < schedule.anchor:
        return False
    if isinstance(schedule.trigger, Cron):
        return cron_matches(schedule.trigger.expression, wall)
    return recurs(schedule.trigger, schedule.anchor, wall)


def firings(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every firing in (after, until], by looking at each minute and at what clocks pass over."""
    zone = zone_of(schedule.zone)
    seen = wall_of(after, zone)
    moment = after
    while moment < until:
        moment += MINUTE
        wall = wall_of(moment, zone)
        # Minutes that no clock has shown before: none while a set-back hour is repeated, and more
        # than one where clocks were set forward.
        new = [seen + each * MINUTE for each in range(1, int((wall - seen) / MINUTE) + 1)]
        if any(fires(schedule, each) for each in new):
            yield moment
        seen = max(seen, wall)


NUMBERS = st.integers


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    ranges = st.tuples(NUMBERS(low, high), NUMBERS(low, high)).map(
        lambda pair: f"{min(pair)}-{max(pair)}"
    )
    one = NUMBERS(low, high).map(str)
    listed = st.lists(one, min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), listed, ranges)


CRONS = st.builds(
    lambda *parts: Cron(" ".join(parts)),
    st.one_of(fields(0, 59), st.sampled_from(["*/5", "*/15", "*/20"])),
    st.one_of(fields(0, 23), st.sampled_from(["*/2", "1-3"])),
    st.one_of(st.just("*"), fields(1, 31)),
    st.just("*"),
    st.one_of(st.just("*"), fields(0, 6)),
)


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    frequency = draw(st.sampled_from(Frequency))
    every = draw(NUMBERS(1, 3))
    if frequency in (Frequency.MINUTE, Frequency.HOUR):
        return Recurrence(frequency, draw(NUMBERS(1, 40)))

    def some(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.lists(NUMBERS(low, high), max_size=4)))

    month = frequency is Frequency.MONTH
    week_days = some(0, 6)
    return Recurrence(
        frequency, every, some(0, 23), some(0, 59), week_days,
        some(1, 31) if month and not week_days else (),
    )  # fmt: skip


ANCHORS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1)).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(CRONS, recurrences()),
    st.sampled_from(ZONES),
    st.sampled_from(CHANGES),
    NUMBERS(-600, 600),
    ANCHORS,
)
def test_the_next_firing_is_the_one_that_a_look_at_every_minute_finds(
    trigger: Cron | Recurrence, zone: str, around: datetime, minutes: int, anchor: datetime
) -> None:
    after = around + minutes * MINUTE
    schedule = a_schedule(trigger, zone=zone, anchor=anchor)
    # The look begins where clocks have shown every earlier time.
    assume(instant_of(wall_of(after, zone_of(zone)), zone_of(zone)) == after)
    until = after + timedelta(hours=36)
    found = next(firings(schedule, after, until), None)
    told = schedule.next_after(after)
    assert told is None or told > after
    assert (told if told is not None and told <= until else None) == found


@settings(deadline=None)
@given(st.one_of(CRONS, recurrences()), st.sampled_from(ZONES), st.datetimes(
    datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # fmt: skip
def test_firings_go_forward(trigger: Cron | Recurrence, zone: str, after: datetime) -> None:
    schedule = a_schedule(trigger, zone=zone)
    for _ in range(4):
        found = schedule.next_after(after)
        if found is None:
            return
        assert found > after
        after = found


# --- single rules ---------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_six_in_the_evening_in_seoul() -> None:
    schedule = daily(18, zone="Korea Standard Time")
    assert schedule.next_after(at("2026-06-01T08:59:59")) == at("2026-06-01T09:00")
    assert schedule.next_after(at("2026-06-01T09:00")) == at("2026-06-02T09:00")


def test_day_and_weekday_of_an_expression_must_both_match() -> None:
    friday_the_13th = a_schedule(Cron("0 8 13 * FRI"))
    assert friday_the_13th.next_after(at("2026-03-14T00:00")) == at("2026-11-13T08:00")


def test_nothing_fires_before_its_start_and_the_start_itself_may() -> None:
    schedule = daily(8, anchor=datetime(2026, 6, 3, 8))
    assert schedule.next_after(at("2026-06-01T00:00")) == at("2026-06-03T08:00")


def test_every_second_friday_is_counted_from_the_week_of_the_start() -> None:
    trigger = Recurrence(Frequency.WEEK, 2, (18,), (0,), (4,))
    schedule = a_schedule(trigger, anchor=datetime(2026, 6, 3))
    assert schedule.next_after(at("2026-06-03T00:00")) == at("2026-06-05T18:00")
    assert schedule.next_after(at("2026-06-05T18:00")) == at("2026-06-19T18:00")


def test_the_31st_is_left_out_in_shorter_months() -> None:
    schedule = a_schedule(Recurrence(Frequency.MONTH, 1, (9,), (0,), (), (31,)))
    assert schedule.next_after(at("2026-03-31T09:00")) == at("2026-05-31T09:00")


def test_what_is_not_said_is_the_starts_own() -> None:
    schedule = a_schedule(Recurrence(Frequency.DAY, 1), anchor=datetime(2026, 6, 1, 7, 45, 30))
    assert schedule.next_after(at("2026-06-01T08:00")) == at("2026-06-02T07:45:30")


@pytest.mark.parametrize(
    "trigger",
    [
        Cron("0 0 30 2 MON"),
        Recurrence(Frequency.DAY, 7, (8,), (0,), (5,)),
        Recurrence(Frequency.MONTH, 12, (8,), (0,), (), (30,)),
    ],
)
def test_what_never_comes_is_told(trigger: Cron | Recurrence) -> None:
    schedule = a_schedule(trigger, anchor=datetime(2026, 2, 2))
    assert schedule.next_after(at("2026-06-01T00:00")) is None


@pytest.mark.parametrize(
    "expression",
    ["", "x", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8",
     "* * * *", "* * * * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 30 2 *", "a b c d e",
     "L/2 * * * *", "* * * * #/2", "1#1/2 * * * *"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(BadExpression):
        a_schedule(Cron(expression)).next_after(at("2026-06-01T00:00"))


@given(st.text("0123456789*/,-#LW ", max_size=20))
def test_an_expression_fires_or_is_refused_and_nothing_else(expression: str) -> None:
    try:
        a_schedule(Cron(expression)).next_after(at("2026-06-01T00:00"))
    except BadExpression:
        return


# --- turns ----------------------------------------------------------------------------------

EVENING = daily(18, id="evening")
MORNING = daily(8, id="morning", action=Action.START)


def awaiting(now: str, *schedules: Schedule) -> tuple[Schedule, ...]:
    return tuple(each.awaiting(at(now)) for each in schedules)


def test_nothing_is_due_before_its_time() -> None:
    stored = awaiting("2026-06-01T12:00", EVENING, MORNING)
    assert turn(stored, at("2026-06-01T17:59:59")) is None
    assert next_due(stored) == at("2026-06-01T18:00")


def test_what_is_due_is_chosen_once_and_awaits_its_next_time() -> None:
    stored = awaiting("2026-06-01T12:00", EVENING, MORNING)
    now = at("2026-06-01T18:00:01")
    found = turn(stored, now)
    assert found is not None
    assert found.chosen is not None
    assert (found.chosen.id, found.due) == ("evening", at("2026-06-01T18:00"))
    after = found.ended(now, Result.ACCEPTED)
    assert after[0].last == Firing(at("2026-06-01T18:00"), now, Result.ACCEPTED)
    assert turn(after, now) is None
    assert next_due(after) == at("2026-06-02T08:00")


def test_one_that_is_off_awaits_nothing() -> None:
    stored = awaiting("2026-06-01T12:00", replace(EVENING, enabled=False))
    assert next_due(stored) is None
    assert turn(stored, at("2026-06-09T00:00")) is None


def test_one_that_was_missed_for_long_is_told_and_not_made_up_for() -> None:
    stored = awaiting("2026-06-01T12:00", EVENING)
    now = at("2026-06-01T18:00") + GRACE + MINUTE
    found = turn(stored, now)
    assert found is not None
    assert found.chosen is None
    [after] = found.ended(now, Result.ACCEPTED)
    assert after.last is not None
    assert after.last.result is Result.MISSED
    assert "Stop it yourself" in after.last.reason
    assert after.due == at("2026-06-02T18:00")


def test_only_the_latest_of_many_that_were_missed_is_made_up_for() -> None:
    quarterly = a_schedule(Recurrence(Frequency.MINUTE, 15), anchor=datetime(2026, 6, 1))
    [stored] = awaiting("2026-06-01T12:00", quarterly)
    found = turn([stored], at("2026-06-05T18:31"))
    assert found is not None
    assert found.due == at("2026-06-05T18:30")
    assert found.schedules[0].due == at("2026-06-05T18:45")


def test_the_later_of_two_has_the_last_word_and_a_stop_at_the_same_time() -> None:
    stored = awaiting("2026-06-01T12:00", EVENING, daily(18, 30, id="s", action=Action.START))
    found = turn(stored, at("2026-06-01T18:40"))
    assert found is not None
    assert found.chosen is not None
    assert found.chosen.id == "s"
    assert found.schedules[0].last is not None
    assert found.schedules[0].last.result is Result.OVERTAKEN
    both = awaiting("2026-06-01T12:00", EVENING, daily(18, id="s", action=Action.START))
    found = turn(both, at("2026-06-01T18:00"))
    assert found is not None
    assert found.chosen is not None
    assert found.chosen.id == "evening"


@settings(deadline=None)
@given(st.lists(st.one_of(CRONS, recurrences()), min_size=1, max_size=4), st.lists(
    NUMBERS(1, 3 * 24 * 60), min_size=1, max_size=6))  # fmt: skip
def test_no_firing_is_honoured_twice_however_looks_fall(
    triggers: list[Cron | Recurrence], waits: list[int]
) -> None:
    now = at("2026-06-01T12:00")
    stored = tuple(
        a_schedule(trigger, id=str(number)).awaiting(now) for number, trigger in enumerate(triggers)
    )
    honoured: set[tuple[str, datetime]] = set()
    for minutes in waits:
        now += minutes * MINUTE
        found = turn(stored, now)
        if found is None:
            continue
        if found.chosen is not None and found.due is not None:
            assert now - GRACE <= found.due <= now
            assert (found.chosen.id, found.due) not in honoured
            honoured.add((found.chosen.id, found.due))
        stored = found.ended(now, Result.ACCEPTED)
        assert turn(stored, now) is None


# --- changing -------------------------------------------------------------------------------


def test_a_schedule_that_is_asked_for_again_keeps_its_id_and_what_it_awaits() -> None:
    stored = awaiting("2026-06-01T12:00", EVENING)
    again = merged(stored, [replace(EVENING, id="fresh")], at("2026-06-01T18:00:30"))
    assert again == stored


def test_one_that_its_client_names_is_changed_and_keeps_its_id() -> None:
    stored = awaiting("2026-06-01T12:00", EVENING)
    [after] = merged(stored, [daily(20, id="evening")], at("2026-06-01T19:00"))
    assert (after.id, after.due) == ("evening", at("2026-06-01T20:00"))


def test_turning_one_off_and_on_goes_on_counting_from_where_it_began() -> None:
    fortnightly = a_schedule(Recurrence(Frequency.DAY, 2, (8,), (0,)), anchor=datetime(2026, 6, 1))
    [stored] = awaiting("2026-06-01T12:00", fortnightly)
    wanted = replace(fortnightly, anchor=datetime(2026, 6, 2))
    [off] = merged([stored], [replace(wanted, enabled=False)], at("2026-06-02T00:00"))
    [on] = merged([off], [wanted], at("2026-06-02T00:00"))
    assert (off.due, on.due) == (None, at("2026-06-03T08:00"))


def test_ids_stay_single_when_one_is_named_and_another_asks_for_the_same() -> None:
    stored = awaiting("2026-06-01T12:00", EVENING)
    after = merged(
        stored, [replace(EVENING, id="fresh"), daily(20, id="evening")], at("2026-06-01T13:00")
    )
    assert [each.id for each in after] == ["fresh", "evening"]
