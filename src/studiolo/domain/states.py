"""The one table of a compute instance's states.

Nothing else in Studiolo assigns a state: every writer calls :func:`advance` and stores what it
returns. State names are Azure Machine Learning's `ComputeInstanceState`, so that unmodified
clients understand them.

Three kinds of event move an instance:

* *requests* by a person or a client (`START`, `STOP`, `RESTART`, `RESIZE`, `RESTORE`, `REIMAGE`,
  `DELETE`);
* *outcomes* of the work the reconciler does (`READY`, `HALTED`, `GONE`, `FAILED`, `EXPIRED`);
* *observations* that nobody asked for (`POWERED_OFF`, `POWERED_ON`, `LOST`, `FOUND`): a guest that
  shuts itself down or reboots is followed, and an engine that does not answer makes the instance
  `Unknown` until it does.

A state is *transient* when the reconciler owes it an end. Each transient state has a goal, a
deadline, and the state it falls to when the deadline passes. No transient state needs memory of
what was done before a crash: on restart the reconciler observes the machine, compares it with the
goal and goes on, so `on_restart` is the same word for all of them, and the tests hold it to that.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """Azure's `ComputeInstanceState`, as far as Studiolo uses it."""

    CREATING = "Creating"
    SETTING_UP = "SettingUp"
    RUNNING = "Running"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    STARTING = "Starting"
    RESTARTING = "Restarting"
    RESIZING = "Resizing"
    DELETING = "Deleting"
    CREATE_FAILED = "CreateFailed"
    UNUSABLE = "Unusable"
    UNKNOWN = "Unknown"
    DELETED = "Deleted"
    """Never seen by a client: the row is removed in the same transaction."""


class Event(StrEnum):
    """What can happen to an instance."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    RESIZE = "resize"
    RESTORE = "restore"
    REIMAGE = "reimage"
    DELETE = "delete"
    PROVISIONED = "provisioned"
    READY = "ready"
    HALTED = "halted"
    GONE = "gone"
    FAILED = "failed"
    EXPIRED = "expired"
    POWERED_OFF = "powered_off"
    POWERED_ON = "powered_on"
    LOST = "lost"
    FOUND_RUNNING = "found_running"
    FOUND_STOPPED = "found_stopped"


class Goal(StrEnum):
    """What the machine must be for a transient state to end."""

    RUNNING = "running"
    STOPPED = "stopped"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Transient:
    """What the reconciler owes a state.

    :param goal: the machine's wanted condition.
    :param deadline: how long the state may last before `EXPIRED` is applied.
    :param on_restart: what a control plane that starts anew does: always observe, then go on.
    """

    goal: Goal
    deadline: timedelta
    on_restart: str = "observe and resume"


TRANSIENT: dict[State, Transient] = {
    State.CREATING: Transient(Goal.RUNNING, timedelta(minutes=10)),
    State.SETTING_UP: Transient(Goal.RUNNING, timedelta(minutes=15)),
    State.STARTING: Transient(Goal.RUNNING, timedelta(minutes=5)),
    State.RESTARTING: Transient(Goal.RUNNING, timedelta(minutes=5)),
    State.RESIZING: Transient(Goal.RUNNING, timedelta(minutes=10)),
    State.STOPPING: Transient(Goal.STOPPED, timedelta(minutes=5)),
    State.DELETING: Transient(Goal.ABSENT, timedelta(minutes=10)),
}
"""Every state that must end by itself."""

STABLE: frozenset[State] = frozenset(State) - TRANSIENT.keys() - {State.DELETED}

_ANY_ALIVE = (
    State.CREATING,
    State.SETTING_UP,
    State.RUNNING,
    State.STOPPING,
    State.STOPPED,
    State.STARTING,
    State.RESTARTING,
    State.RESIZING,
    State.CREATE_FAILED,
    State.UNUSABLE,
    State.UNKNOWN,
)


def _table() -> dict[tuple[State, Event], State]:
    rows: list[tuple[State, Event, State]] = [
        # what people ask for
        (State.STOPPED, Event.START, State.STARTING),
        (State.UNUSABLE, Event.START, State.STARTING),
        (State.UNKNOWN, Event.START, State.STARTING),
        (State.RUNNING, Event.STOP, State.STOPPING),
        (State.STARTING, Event.STOP, State.STOPPING),
        (State.RESTARTING, Event.STOP, State.STOPPING),
        (State.RESIZING, Event.STOP, State.STOPPING),
        (State.UNUSABLE, Event.STOP, State.STOPPING),
        (State.UNKNOWN, Event.STOP, State.STOPPING),
        (State.RUNNING, Event.RESTART, State.RESTARTING),
        (State.UNUSABLE, Event.RESTART, State.RESTARTING),
        (State.RUNNING, Event.RESIZE, State.RESIZING),
        (State.UNUSABLE, Event.RESIZE, State.RESIZING),
        # a step before the next start: from a running machine a restart, from a stopped one a start
        *(
            (source, event, target)
            for event in (Event.RESTORE, Event.REIMAGE)
            for source, target in (
                (State.RUNNING, State.RESTARTING),
                (State.UNUSABLE, State.RESTARTING),
                (State.STOPPED, State.STARTING),
            )
        ),
        *((state, Event.DELETE, State.DELETING) for state in _ANY_ALIVE),
        # how the reconciler's work ends
        (State.CREATING, Event.PROVISIONED, State.SETTING_UP),
        (State.CREATING, Event.READY, State.RUNNING),
        (State.SETTING_UP, Event.READY, State.RUNNING),
        (State.STARTING, Event.READY, State.RUNNING),
        (State.RESTARTING, Event.READY, State.RUNNING),
        (State.RESIZING, Event.READY, State.RUNNING),
        (State.STOPPING, Event.HALTED, State.STOPPED),
        (State.DELETING, Event.GONE, State.DELETED),
        (State.CREATING, Event.FAILED, State.CREATE_FAILED),
        (State.SETTING_UP, Event.FAILED, State.CREATE_FAILED),
        (State.STARTING, Event.FAILED, State.UNUSABLE),
        (State.RESTARTING, Event.FAILED, State.UNUSABLE),
        (State.RESIZING, Event.FAILED, State.UNUSABLE),
        (State.STOPPING, Event.FAILED, State.UNUSABLE),
        (State.DELETING, Event.FAILED, State.UNUSABLE),
        (State.CREATING, Event.EXPIRED, State.CREATE_FAILED),
        (State.SETTING_UP, Event.EXPIRED, State.CREATE_FAILED),
        (State.STARTING, Event.EXPIRED, State.UNUSABLE),
        (State.RESTARTING, Event.EXPIRED, State.UNUSABLE),
        (State.RESIZING, Event.EXPIRED, State.UNUSABLE),
        (State.STOPPING, Event.EXPIRED, State.UNUSABLE),
        (State.DELETING, Event.EXPIRED, State.UNUSABLE),
        # what is seen without being asked for
        (State.RUNNING, Event.POWERED_OFF, State.STOPPED),
        (State.STOPPED, Event.POWERED_ON, State.RUNNING),
        (State.RUNNING, Event.FAILED, State.UNUSABLE),
        (State.RUNNING, Event.LOST, State.UNKNOWN),
        (State.STOPPED, Event.LOST, State.UNKNOWN),
        (State.UNUSABLE, Event.LOST, State.UNKNOWN),
        (State.UNKNOWN, Event.FOUND_RUNNING, State.RUNNING),
        (State.UNKNOWN, Event.FOUND_STOPPED, State.STOPPED),
        (State.UNKNOWN, Event.FAILED, State.UNUSABLE),
        (State.UNUSABLE, Event.FOUND_RUNNING, State.RUNNING),
        (State.UNUSABLE, Event.FOUND_STOPPED, State.STOPPED),
    ]
    return {(source, event): target for source, event, target in rows}


TRANSITIONS: dict[tuple[State, Event], State] = _table()
"""(state, event) -> next state. A pair that is missing is refused."""

ALREADY: dict[Event, frozenset[State]] = {
    Event.START: frozenset(
        {State.RUNNING, State.STARTING, State.CREATING, State.SETTING_UP, State.RESIZING}
    ),
    Event.STOP: frozenset({State.STOPPED, State.STOPPING}),
    Event.RESTART: frozenset({State.RESTARTING}),
    Event.DELETE: frozenset({State.DELETING}),
}
"""Where a request is already met or under way: it succeeds without a new transition, so that a
client may repeat itself."""


class TransitionRefused(Exception):
    """The event does not apply in this state; the API answers it with 409 Conflict."""

    def __init__(self, state: State, event: Event) -> None:
        self.state = state
        self.event = event
        super().__init__(f"cannot {event} while {state}")


def advance(state: State, event: Event) -> State:
    """Return the state after `event`.

    :raises TransitionRefused: the table has no such row.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TransitionRefused(state, event) from None


def accepts(state: State, event: Event) -> bool:
    """Whether `event` has a row for `state`."""
    return (state, event) in TRANSITIONS
