"""How a compute instance changes: the only functions that give it a new state.

Both take the stored value and return a new one; the store writes it with a compare-and-set on the
ETag, so that two writers never both win.
"""

from dataclasses import replace
from datetime import datetime

from studiolo.domain.errors import Conflict, Detail
from studiolo.domain.machine import Recipe
from studiolo.domain.resources import Compute, LastOperation, OperationStatus, Trigger
from studiolo.domain.states import (
    ALREADY,
    TRANSIENT,
    Event,
    Goal,
    State,
    TransitionRefused,
    accepts,
    advance,
)

_OPERATION_NAMES = {
    Event.START: "Start",
    Event.STOP: "Stop",
    Event.RESTART: "Restart",
    Event.RESIZE: "Resize",
    Event.RESTORE: "Restore",
    Event.REIMAGE: "Reimage",
    Event.DELETE: "Delete",
}
"""Also an operation's kind."""

_FAILED_STATUS = {"Resize": "RestartFailed", "Restore": "ReimageFailed"}
"""Azure's `OperationStatus` has no word for these; the others end in one of their own."""

_STARTS = frozenset({Event.START, Event.RESTART, Event.RESIZE, Event.RESTORE, Event.REIMAGE})
"""Requests after which the engine runs another incarnation."""

_NEXT_STEP = {
    State.CREATE_FAILED: "Delete it and create it again",
    State.DELETING: "Wait until it is deleted",
    State.UNKNOWN: "Wait until its region answers again",
}

FAILURES = frozenset({Event.FAILED, Event.EXPIRED})
"""Events that end an operation as Failed."""


def already(compute: Compute, event: Event, recipe: Recipe | None = None) -> bool:
    """Whether a request is met or under way, so that repeating it changes nothing."""
    if recipe is not None:
        owed = TRANSIENT.get(compute.state)
        return owed is not None and owed.goal is Goal.RUNNING and compute.recipe == recipe
    return compute.state in ALREADY.get(event, frozenset())


def operation_kind(event: Event) -> str:
    """The kind of the operation that a request begins."""
    return _OPERATION_NAMES[event]


def request(
    compute: Compute,
    event: Event,
    now: datetime,
    etag: str,
    trigger: Trigger = Trigger.USER,
    *,
    recipe: Recipe | None = None,
) -> Compute:
    """Return the instance after a person asked for something.

    Whatever starts a machine counts the generation up: the engine then runs another incarnation.
    The latest request also says what that start does first, so one that was never reached is
    forgotten; a delete leaves it, because it tells what was borrowed of another machine.

    :param etag: a fresh ETag.
    :param recipe: what the start does first, of a RESTORE or REIMAGE.
    :raises Conflict: the present state does not allow it; the message says what to do.
    """
    try:
        state = advance(compute.state, event)
    except TransitionRefused:
        raise Conflict(_refusal(compute, event), target=compute.name) from None
    starts = event in _STARTS
    return replace(
        _enter(compute, state, now, etag),
        generation=compute.generation + (1 if starts else 0),
        errors=(),
        recipe=compute.recipe if event is Event.DELETE else recipe,
        last_operation=LastOperation(_OPERATION_NAMES[event], now, "InProgress", trigger),
    )


def resized_in_place(compute: Compute, now: datetime, etag: str) -> Compute:
    """Return a stopped instance whose new size and disks its next start applies.

    The generation counts up here, too: a machine that a late start has left running with the
    former size is then told from one that is as wanted.
    """
    last = LastOperation(_OPERATION_NAMES[Event.RESIZE], now, "Succeeded", Trigger.USER)
    return replace(
        compute, etag=etag, generation=compute.generation + 1, errors=(), last_operation=last
    )


def outcome(
    compute: Compute, event: Event, now: datetime, etag: str, reason: str | None = None
) -> Compute:
    """Return the instance after the reconciler saw how its work ended, or what it found.

    :param reason: a sentence for a person; becomes the instance's `errors`.
    :raises TransitionRefused: the table has no such row, a mistake in the caller.
    """
    moved = _enter(compute, advance(compute.state, event), now, etag)
    last = compute.last_operation
    if compute.state in TRANSIENT and moved.state not in TRANSIENT:
        failed = _FAILED_STATUS.get(last.name, f"{last.name}Failed")
        last = replace(last, status=failed if event in FAILURES else "Succeeded", time=now)
    errors = errors_of(moved.state, reason)
    return replace(moved, errors=errors, last_operation=last, recipe=_left_of_recipe(moved))


def _left_of_recipe(moved: Compute) -> Recipe | None:
    """A step that was done, or has failed, is not repeated by later starts. What cannot be started
    any more keeps it for its delete.
    """
    ended = moved.state in (State.RUNNING, State.STOPPED, State.UNUSABLE)
    return None if ended else moved.recipe


def errors_of(state: State, reason: str | None) -> tuple[Detail, ...]:
    """The `errors` of an instance in `state`, of which `reason` is to be said."""
    return (Detail(_error_code(state), reason),) if reason else ()


def _enter(compute: Compute, state: State, now: datetime, etag: str) -> Compute:
    transient = TRANSIENT.get(state)
    return replace(
        compute,
        state=state,
        state_since=now,
        deadline=now + transient.deadline if transient else None,
        etag=etag,
    )


def _refusal(compute: Compute, event: Event) -> str:
    verb = _OPERATION_NAMES[event].lower()
    choices = [name.lower() for other, name in _OPERATION_NAMES.items() if _allowed(compute, other)]
    step = _NEXT_STEP.get(compute.state)
    if step is None:
        step = f"In this state it can be told to {' or '.join(choices)}"
    return f"Cannot {verb} compute '{compute.name}': it is {compute.state}. {step}."


def _allowed(compute: Compute, event: Event) -> bool:
    return accepts(compute.state, event)


def _error_code(state: State) -> str:
    return {State.CREATE_FAILED: "CreateFailed", State.UNKNOWN: "Unreachable"}.get(
        state, "ComputeInstanceUnhealthy"
    )


_OPERATION_GOALS: dict[str, Goal] = {
    "Create": Goal.RUNNING,
    "Start": Goal.RUNNING,
    "Restart": Goal.RUNNING,
    "Resize": Goal.RUNNING,
    "Restore": Goal.RUNNING,
    "Reimage": Goal.RUNNING,
    "Stop": Goal.STOPPED,
    "Delete": Goal.ABSENT,
}


def operation_end(kind: str, state: State, event: Event) -> OperationStatus | None:
    """How an open operation of `kind` ends when `event` has brought the instance to `state`.

    None means that it goes on. An operation overtaken by another request (a stop during a start,
    a delete during anything) ends as Canceled.
    """
    if event in FAILURES:
        return OperationStatus.FAILED
    transient = TRANSIENT.get(state)
    goal = _OPERATION_GOALS.get(kind)
    if transient is not None:
        overtaken = goal is not None and transient.goal is not goal
        return OperationStatus.CANCELED if overtaken else None
    reached = {State.RUNNING: Goal.RUNNING, State.STOPPED: Goal.STOPPED, State.DELETED: Goal.ABSENT}
    if goal is None or reached.get(state) is goal:
        return OperationStatus.SUCCEEDED
    return OperationStatus.CANCELED
