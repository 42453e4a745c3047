"""What to do next about one machine: a pure function of what is wanted and what is seen.

:func:`decide` is the reconciler's whole judgement. It remembers nothing: the stored compute says
what is wanted, the observation says what is, and the answer is one step that brings the second
nearer to the first. A reconciler that is killed after any step asks again and gets the step that is
left, so no step needs to know which came before it.

How a machine is judged in each state is told in docs/states.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from studiolo.domain.machine import Observation, Presence, Step
from studiolo.domain.reasons import expiry_reason, gone_reason, unhealthy_reason
from studiolo.domain.resources import Compute
from studiolo.domain.states import TRANSIENT, Event, Goal, State, accepts

STOP_GRACE = 10.0
"""Seconds a machine is given to stop by itself before it is taken down: long enough for Jupyter to
save, and what `docker stop` gives."""

REPAIRS = 5
"""Repairs of a running machine before it is called Unusable. With :data:`BACKOFF` they take about
four seconds in all, plus whatever the engine needs for each, and :data:`STARTUP` for each that
started something anew."""

BACKOFF = (0.02, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds between one action and the next look, by the number of actions so far. The first are
short because a machine that is well takes no more than two actions to start, stop or restart."""

STARTUP = timedelta(seconds=10)
"""How long a machine that has just been started may be silent before it is repaired."""

_POLLS = ((3.0, 0.05), (10.0, 0.1), (60.0, 0.5))
"""(age of the start in seconds, seconds between looks): often while a person waits for the end, so
that looking adds nothing one could notice, then less."""

_SLOW_POLL = 2.0


@dataclass(frozen=True, slots=True)
class Ensure:
    """Ask the engine to make and start the machine, then look again after `pause` seconds."""

    pause: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask the engine to stop the machine within `grace` seconds, then look again."""

    grace: float
    pause: float


@dataclass(frozen=True, slots=True)
class Adapt:
    """Ask the engine to give the running machine its new size, or where that cannot be done while
    it runs, to stop it within `grace` seconds; then look again.
    """

    grace: float
    pause: float


@dataclass(frozen=True, slots=True)
class Delete:
    """Ask the engine to remove the machine, then look again."""

    pause: float


@dataclass(frozen=True, slots=True)
class Wait:
    """The machine is on its way: look again after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Rest:
    """The machine is as wanted, or nothing can be done: look again only when something changes.

    :param notice: what a person should know of a machine that runs well; shown while it runs.
    """

    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Apply `event`: work has ended, or something happened that is followed.

    :param reason: a sentence for a person where the new state alone does not explain itself.
    """

    event: Event
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """Apply `event` (`FAILED` or `EXPIRED`) with the reason a person is shown."""

    event: Event
    reason: str


Action = Ensure | Stop | Adapt | Delete | Wait | Rest | Done | Fail


def backoff(attempts: int) -> float:
    """Seconds to wait after the `attempts`-th action (counted from 1) in one state."""
    return BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]


@dataclass(frozen=True, slots=True)
class _Case:
    """The arguments of :func:`decide`, on their way to the rule of one state."""

    compute: Compute
    seen: Observation
    now: datetime
    attempts: int

    @property
    def pause(self) -> float:
        """Seconds between the action that is about to be taken and the next look."""
        return backoff(self.attempts + 1)


def decide(compute: Compute, seen: Observation, now: datetime, attempts: int) -> Action:
    """Return the next step for `compute`, whose machine looks like `seen`.

    :param attempts: actions taken since the compute entered its state, or since its machine was
        last seen well.
    """
    case = _Case(compute, seen, now, attempts)
    owed = TRANSIENT.get(compute.state)
    # Of a machine out of reach nothing is known, so nothing is done to it. That its instance is
    # lost sight of is the reconciler's to say, who knows how long the silence has lasted.
    away = seen.presence is Presence.UNREACHABLE
    if owed is None:
        return Rest() if away else _STABLE_RULES[compute.state](case)
    action = Wait(_SLOW_POLL) if away else _TOWARDS[owed.goal](case)
    if not isinstance(action, Done) and expired(compute, now):
        return Fail(Event.EXPIRED, expiry_reason(compute, seen))
    return action


def at_rest(state: State, generation: int, seen: Observation) -> bool:
    """Whether an instance needs no look, as far as a list of all machines can tell.

    The cheap half of :func:`decide`, for comparing every machine with the store: agents were not
    asked, so a running machine counts as well. A state that must end is never at rest.
    """
    if seen.presence is Presence.UNREACHABLE:
        return state not in TRANSIENT and not accepts(state, Event.LOST)
    match state:
        case State.RUNNING:
            return seen.presence is Presence.RUNNING
        case State.STOPPED:
            return seen.presence in (Presence.STOPPED, Presence.BROKEN)
        case State.CREATE_FAILED:
            return seen.presence is not Presence.RUNNING and not _has_strays(seen)
        case State.UNUSABLE:
            another = seen.presence is not Presence.RUNNING or seen.generation != generation
            return another and not _has_strays(seen)
        case _:
            return state is State.DELETED


def expired(compute: Compute, now: datetime) -> bool:
    """Whether the compute's transient state has lasted as long as it may."""
    return compute.deadline is not None and now >= compute.deadline


# --- transient states: bring the machine to the goal -----------------------------------------


def _towards_running(case: _Case) -> Action:
    resizing = case.compute.state is State.RESIZING
    if resizing and _is_gone(case.seen):
        # Nobody asked for an empty machine, which is what a start would make.
        return Fail(Event.FAILED, gone_reason(case.compute, case.seen))
    if case.seen.presence is not Presence.RUNNING:
        return Ensure(case.pause)
    if case.seen.generation != case.compute.generation:
        return (Adapt if resizing else Stop)(STOP_GRACE, case.pause)
    if case.seen.healthy:
        return Done(Event.READY, case.seen.reason)
    age = _age_if_fresh(case)
    return Ensure(max(case.pause, 0.5)) if age is None else Wait(_poll(age))


def _towards_stopped(case: _Case) -> Action:
    if case.seen.presence is Presence.STOPPED:
        return Done(Event.HALTED)
    if _is_gone(case.seen) and not _has_strays(case.seen):
        return Done(Event.HALTED, gone_reason(case.compute, case.seen))
    return Stop(STOP_GRACE, case.pause)


def _towards_absent(case: _Case) -> Action:
    if case.seen.presence is Presence.ABSENT and not _owes_its_source(case):
        return Done(Event.GONE)
    return Delete(case.pause)


def _owes_its_source(case: _Case) -> bool:
    """Whether a copy that was not finished may have left something in its source, which a delete
    takes away even where the copy's machine was never made.
    """
    recipe = case.compute.recipe
    return recipe is not None and recipe.step is Step.CLONE and case.attempts == 0


_TOWARDS: dict[Goal, Callable[[_Case], Action]] = {
    Goal.RUNNING: _towards_running,
    Goal.STOPPED: _towards_stopped,
    Goal.ABSENT: _towards_absent,
}


def _age_if_fresh(case: _Case) -> timedelta | None:
    """How long ago the machine was started, if so recently that its silence means nothing yet."""
    started = case.seen.started_at
    if started is None or case.now - started >= STARTUP:
        return None
    return case.now - started


def _poll(age: timedelta) -> float:
    seconds = age.total_seconds()
    return next((poll for limit, poll in _POLLS if seconds < limit), _SLOW_POLL)


# --- stable states: follow what the machine does by itself, repair what can be repaired ------


def _running(case: _Case) -> Action:
    if case.seen.presence is Presence.STOPPED:
        return Done(Event.POWERED_OFF)
    if _has_strays(case.seen) and case.attempts < REPAIRS:
        return Stop(0.0, case.pause)
    if _is_gone(case.seen):
        # Not repaired: an empty machine in its place would hide that somebody's files are lost.
        return Fail(Event.FAILED, gone_reason(case.compute, case.seen))
    if case.seen.presence is Presence.RUNNING and case.seen.healthy is not False:
        return Rest(case.seen.reason)
    if case.seen.presence is Presence.RUNNING and (age := _age_if_fresh(case)) is not None:
        # A guest that reboots itself, or an agent that was just replaced.
        return Wait(_poll(age))
    if case.attempts >= REPAIRS:
        return Fail(Event.FAILED, unhealthy_reason(case.compute, case.seen))
    return Ensure(backoff(case.attempts + 2))


def _stopped(case: _Case) -> Action:
    """A machine that runs although it is stored as stopped.

    If the last thing that was asked for is a stop, or it runs with a generation that is no longer
    wanted, it is a left-over (a start that a stalled replica finished late) and is stopped again.
    Otherwise the guest had gone down by itself, and has now come up by itself: a reboot, which is
    followed.
    """
    if _has_strays(case.seen):
        return Stop(0.0, case.pause)
    if _is_gone(case.seen):
        return Done(Event.LOST, gone_reason(case.compute, case.seen))
    if case.seen.presence is not Presence.RUNNING:
        return Rest()
    left_over = case.seen.generation != case.compute.generation
    if left_over or _was_asked_to_stop(case.compute):
        return Stop(STOP_GRACE, case.pause)
    return Done(Event.POWERED_ON)


def _create_failed(case: _Case) -> Action:
    """Nobody can use it, so it need not run; its disk stays for whoever looks into it."""
    if case.seen.presence is Presence.RUNNING or _has_strays(case.seen):
        return Stop(0.0, case.pause)
    return Rest()


def _unusable(case: _Case) -> Action:
    """Stays as it is, its reason shown, until it runs well again or somebody acts.

    What still runs of a machine whose home is gone serves nobody, and is ended.
    """
    if at_rest(case.compute.state, case.compute.generation, case.seen):
        return Rest()
    if _has_strays(case.seen):
        return Rest() if case.attempts else Stop(0.0, case.pause)
    if case.seen.healthy:
        return Done(Event.FOUND_RUNNING)
    return Rest() if case.attempts else Ensure(backoff(case.attempts + 5))


def _unknown(case: _Case) -> Action:
    match case.seen.presence:
        case Presence.RUNNING:
            return Done(Event.FOUND_RUNNING)
        case Presence.STOPPED:
            return Done(Event.FOUND_STOPPED)
        case Presence.ABSENT | Presence.LOST:
            return Fail(Event.FAILED, gone_reason(case.compute, case.seen))
        case Presence.BROKEN:
            return Fail(Event.FAILED, unhealthy_reason(case.compute, case.seen))
        case Presence.UNREACHABLE:
            return Rest()


_STABLE_RULES: dict[State, Callable[[_Case], Action]] = {
    State.RUNNING: _running,
    State.STOPPED: _stopped,
    State.CREATE_FAILED: _create_failed,
    State.UNUSABLE: _unusable,
    State.UNKNOWN: _unknown,
    State.DELETED: lambda _case: Rest(),
}


def _is_gone(seen: Observation) -> bool:
    """Whether the home is gone, and with it what only a person may decide to do without."""
    return seen.presence in (Presence.ABSENT, Presence.LOST)


def _has_strays(seen: Observation) -> bool:
    """Whether something still runs of a machine whose home is gone."""
    return seen.presence is Presence.LOST and seen.healthy is False


def _was_asked_to_stop(compute: Compute) -> bool:
    last = compute.last_operation
    return last.name == "Stop" and last.status == "Succeeded"
