"""When an instance is started and stopped by itself: Azure's `computeStartStop` schedules.

A schedule's times are those of a wall clock in its zone; :func:`studiolo.domain.zones.instant_of`
says what becomes of those that come twice or never. Each keeps the instant of its next firing
(`due`): it is stored, so that a firing is neither forgotten nor repeated by a restart.

Source of the patterns: Azure's reference of `Recurrence`, `RecurrenceSchedule` and `Cron` (fields
of an NCronTab expression, of which day and weekday must both match), and of Logic Apps, whose
`recurrence` this is, for the bounds of an interval.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from cronsim import CronSim, CronSimError

from studiolo.domain.zones import instant_of, wall_of, zone_of

GRACE = timedelta(hours=1)
"""How late a firing may be. One that is missed for longer (the control plane was down) is told, and
not made up for: whoever works in the evening is not stopped by what was due at noon."""

MOST = 10
"""Schedules of one instance; each is looked at with every firing."""

_HORIZON_YEARS = 110
"""How far the next firing is looked for. A 29 February in every thirteenth month comes once in 52
years, and twice that where a century has no leap year."""


class Action(StrEnum):
    """Azure's `ComputePowerAction`."""

    START = "Start"
    STOP = "Stop"


class Frequency(StrEnum):
    """Azure's `ComputeRecurrenceFrequency`."""

    MINUTE = "Minute"
    HOUR = "Hour"
    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"


LONGEST: Mapping[Frequency, int] = {
    Frequency.MINUTE: 72_000,
    Frequency.HOUR: 12_000,
    Frequency.DAY: 500,
    Frequency.WEEK: 71,
    Frequency.MONTH: 16,
}
"""The longest interval of each frequency, as in Logic Apps."""

WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""In the order of `date.weekday`."""


class BadExpression(ValueError):
    """No cron expression; the message says what of it is wrong."""


@dataclass(frozen=True, slots=True)
class Cron:
    """Fires where the five fields match: minute, hour, day of month, month, day of week."""

    expression: str

    def times(self, first: datetime, anchor: datetime) -> Iterator[datetime]:
        """Wall times from `first` on, in order.

        :raises BadExpression: it is none.
        """
        try:
            found = CronSim(self.expression, first - timedelta(seconds=1))
        except (CronSimError, AssertionError, ValueError) as error:
            raise BadExpression(str(error) or "a field has no meaning") from None
        # As in NCronTab: day and weekday must both match. Cron's own rule is "either".
        found.day_and = True
        return iter(found)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Fires in every `interval`-th minute, hour, day, week or month, counted from the anchor.

    Weeks begin on Monday. What is empty is the anchor's own. A day that a month lacks is left out.

    :param week_days: numbers as of `date.weekday`.
    :param month_days: only with months, and not with `week_days`.
    """

    frequency: Frequency
    interval: int
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()

    def times(self, first: datetime, anchor: datetime) -> Iterator[datetime]:
        """Wall times from `first` on, in order."""
        if self.frequency in (Frequency.MINUTE, Frequency.HOUR):
            return self._steps(first, anchor)
        return self._calendar(first, anchor)

    def _steps(self, first: datetime, anchor: datetime) -> Iterator[datetime]:
        unit = timedelta(hours=1) if self.frequency is Frequency.HOUR else timedelta(minutes=1)
        step = unit * self.interval
        found = anchor + step * -((anchor - first) // step)
        while True:
            yield found
            found += step

    def _calendar(self, first: datetime, anchor: datetime) -> Iterator[datetime]:
        times = self._times_of_day(anchor)
        for period in self._periods(first.date(), anchor.date()):
            if period.year > first.year + _HORIZON_YEARS:
                return
            for day in self._days(period, anchor.date()):
                for each in times:
                    found = datetime.combine(day, each)
                    if found >= first:
                        yield found

    def _times_of_day(self, anchor: datetime) -> list[time]:
        second = 0 if self.minutes else anchor.second
        hours, minutes = self.hours or (anchor.hour,), self.minutes or (anchor.minute,)
        return sorted({time(hour, minute, second) for hour in hours for minute in minutes})

    def _periods(self, first: date, anchor: date) -> Iterator[date]:
        """First days of the days, weeks or months that count, from the one of `first` on."""
        if self.frequency is Frequency.MONTH:
            yield from self._months(first, anchor)
            return
        length = 7 if self.frequency is Frequency.WEEK else 1
        begin = anchor - timedelta(days=anchor.weekday() if length == 7 else 0)
        step = timedelta(days=length * self.interval)
        period = begin + step * max(0, (first - begin) // step)
        while True:
            yield period
            period += step

    def _months(self, first: date, anchor: date) -> Iterator[date]:
        begin = anchor.year * 12 + anchor.month - 1
        passed = max(0, first.year * 12 + first.month - 1 - begin)
        month = begin + passed // self.interval * self.interval
        while True:
            yield date(month // 12, month % 12 + 1, 1)
            month += self.interval

    def _days(self, period: date, anchor: date) -> list[date]:
        if self.frequency is Frequency.DAY:
            return [period] if not self.week_days or period.weekday() in self.week_days else []
        if self.frequency is Frequency.WEEK:
            wanted = self.week_days or (anchor.weekday(),)
            return [period + timedelta(days=each) for each in sorted(set(wanted))]
        return list(self._days_of_month(period, anchor))

    def _days_of_month(self, period: date, anchor: date) -> Iterator[date]:
        day = period
        month_days = self.month_days or (anchor.day,)
        while day.month == period.month:
            if day.weekday() in self.week_days if self.week_days else day.day in month_days:
                yield day
            day += timedelta(days=1)


class Result(StrEnum):
    """How a firing ended."""

    ACCEPTED = "Accepted"
    """The instance does what was asked, or did already."""
    REFUSED = "Refused"
    """Its state did not allow it."""
    OVERTAKEN = "Overtaken"
    """A later firing, or a stop at the same time, had the last word."""
    MISSED = "Missed"
    """It could not be made for longer than :data:`GRACE`."""


FAILED = frozenset({Result.REFUSED, Result.MISSED})
"""Of these a person is told."""


@dataclass(frozen=True, slots=True)
class Firing:
    """A firing that was honoured.

    :param due: when it was to happen.
    :param at: when it was dealt with.
    :param reason: why it had no effect, for a person; empty where it had.
    """

    due: datetime
    at: datetime
    result: Result
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of an instance.

    :param zone: name of a time zone that is known, as its client wrote it.
    :param start: the client's `startTime`, served as it was written; None if not said.
    :param anchor: wall time before which it does not fire, and from which intervals count: `start`,
        or else when the schedule was made.
    :param due: the next firing that was not honoured yet; None while it is off, and where none
        comes.
    """

    id: str
    action: Action
    enabled: bool
    trigger: Cron | Recurrence
    zone: str
    start: str | None
    anchor: datetime
    due: datetime | None = None
    last: Firing | None = field(default=None)

    def next_after(self, instant: datetime) -> datetime | None:
        """The first firing after an instant, in UTC; None if none comes in a lifetime.

        :raises BadExpression: the trigger is no cron expression.
        """
        zone = zone_of(self.zone)
        shown = wall_of(instant, zone).replace(microsecond=0)
        first = max(self.anchor, shown)
        for wall in self.trigger.times(first, self.anchor):
            found = instant_of(wall, zone)
            if found > instant:
                return found
        return None

    def awaiting(self, now: datetime) -> "Schedule":
        """The schedule as it is from now on: what is due next, if it is on."""
        return replace(self, due=self.next_after(now) if self.enabled else None)

    def same(self, other: "Schedule") -> bool:
        """Whether both ask for the same; a start that is not said is any."""
        return _asked(self) == _asked(other)


def _asked(each: Schedule) -> tuple[object, ...]:
    return each.action, each.enabled, each.trigger, each.zone.lower(), each.start


def merged(
    stored: Iterable[Schedule], wanted: Iterable[Schedule], now: datetime
) -> tuple[Schedule, ...]:
    """The wanted schedules; those that are there already go on with what they await.

    One is there already if its id is, or else if one asks for the same.

    :param wanted: each with an id that is stored, as its client named it, or with a fresh one; no
        two with the same. Where no start is said, the anchor is now, whatever it is here.
    """
    left = {each.id: each for each in stored}
    asked = tuple(_begun(each, now) for each in wanted)
    named = {each.id: left.pop(each.id) for each in asked if each.id in left}
    made: list[Schedule] = []
    for each in asked:
        same = next((one for one in left.values() if one.same(each)), None)
        known = named.get(each.id) or (left.pop(same.id) if same else None)
        made.append(_renewed(known, each, now) if known else each.awaiting(now))
    return tuple(made)


def _begun(wanted: Schedule, now: datetime) -> Schedule:
    if wanted.start is not None:
        return wanted
    return replace(wanted, anchor=wall_of(now, zone_of(wanted.zone)).replace(microsecond=0))


def _renewed(known: Schedule, wanted: Schedule, now: datetime) -> Schedule:
    """A stored schedule that is to be as `wanted`."""
    if known.same(wanted):
        return known
    counts_on = wanted.start is None and known.start is None
    anchor = known.anchor if counts_on else wanted.anchor
    return replace(wanted, id=known.id, anchor=anchor, last=known.last).awaiting(now)


def next_due(schedules: Iterable[Schedule]) -> datetime | None:
    """When the first of them is due; None if none is."""
    return min((each.due for each in schedules if each.due is not None), default=None)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one look at an instance's schedules has found due.

    :param chosen: the schedule that has the last word; None where all were missed.
    :param due: when that was to be.
    :param schedules: all of them, each awaiting what comes next. What was overtaken or missed says
        so; how the chosen one ended is for :meth:`ended`.
    """

    chosen: Schedule | None
    due: datetime | None
    schedules: tuple[Schedule, ...]

    def ended(self, now: datetime, result: Result, reason: str = "") -> tuple[Schedule, ...]:
        """The schedules to store, with how the chosen firing ended."""
        if self.chosen is None or self.due is None:
            return self.schedules
        firing = Firing(self.due, now, result, reason)
        return tuple(
            replace(each, last=firing) if each.id == self.chosen.id else each
            for each in self.schedules
        )


def turn(schedules: Iterable[Schedule], now: datetime) -> Turn | None:
    """What is due now; None if nothing is.

    Of several firings the latest counts, and of several at one instant a stop.
    """
    present = tuple(schedules)
    fired = {
        each.id: _latest(each, now) for each in present if each.due is not None and each.due <= now
    }
    if not fired:
        return None
    acting = [(due, each) for each in present if (due := fired.get(each.id)) is not None]
    due, chosen = max(acting, key=_last_word) if acting else (None, None)
    after = tuple(_settled(each, fired[each.id], now) if each.id in fired else each
                  for each in present)  # fmt: skip
    return Turn(chosen, due, after)


def _last_word(firing: tuple[datetime, Schedule]) -> tuple[datetime, bool]:
    due, schedule = firing
    return due, schedule.action is Action.STOP


def _latest(schedule: Schedule, now: datetime) -> datetime | None:
    """The latest firing up to now; None if it is too long ago."""
    found = None
    upcoming = schedule.due
    if upcoming is not None and upcoming < now - GRACE:
        upcoming = schedule.next_after(now - GRACE)
    while upcoming is not None and upcoming <= now:
        found, upcoming = upcoming, schedule.next_after(upcoming)
    return found


def _settled(schedule: Schedule, latest: datetime | None, now: datetime) -> Schedule:
    """The schedule after this turn, as if it had not been the one that was chosen."""
    awaiting = schedule.awaiting(now)
    if latest is not None:
        reason = "Another schedule was due later, or stopped the instance at the same time."
        return replace(awaiting, last=Firing(latest, now, Result.OVERTAKEN, reason))
    reason = (
        f"It was due more than {GRACE // timedelta(minutes=1)} minutes ago, while Studiolo did not "
        f"run or the instance was busy. {schedule.action} it yourself if you still want that."
    )
    return replace(awaiting, last=Firing(schedule.due or now, now, Result.MISSED, reason))
