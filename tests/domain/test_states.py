"""The table of states: closed, without dead ends, and honest about restarts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain.states import (
    ALREADY,
    STABLE,
    TRANSIENT,
    TRANSITIONS,
    Event,
    State,
    TransitionRefused,
    accepts,
    advance,
)

REQUESTS = (
    Event.START,
    Event.STOP,
    Event.RESTART,
    Event.RESIZE,
    Event.RESTORE,
    Event.REIMAGE,
    Event.DELETE,
)


@given(st.lists(st.sampled_from(Event), max_size=40))
def test_random_events_never_leave_the_table(events: list[Event]) -> None:
    state = State.CREATING
    for event in events:
        if accepts(state, event):
            state = advance(state, event)
        else:
            with pytest.raises(TransitionRefused):
                advance(state, event)
        assert state in State


def test_every_state_but_deleted_can_be_deleted() -> None:
    for state in State:
        if state not in (State.DELETED, State.DELETING):
            assert advance(state, Event.DELETE) is State.DELETING


def test_nothing_leaves_deleted() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] is State.DELETED]


def test_every_transient_state_can_expire_into_a_stable_one() -> None:
    for state in TRANSIENT:
        assert advance(state, Event.EXPIRED) in STABLE
        assert advance(state, Event.FAILED) in STABLE


def test_every_transient_state_resumes_by_observing() -> None:
    assert {owed.on_restart for owed in TRANSIENT.values()} == {"observe and resume"}


def test_every_state_is_reached_from_creating() -> None:
    reached = {State.CREATING}
    while more := {to for (of, _), to in TRANSITIONS.items() if of in reached} - reached:
        reached |= more
    assert reached == set(State)


def test_every_state_leads_to_deletion() -> None:
    leaving = {State.DELETED}
    while more := {of for (of, _), to in TRANSITIONS.items() if to in leaving} - leaving:
        leaving |= more
    assert leaving == set(State)


def test_a_request_is_either_a_transition_or_already_met() -> None:
    for request, states in ALREADY.items():
        assert request in REQUESTS
        for state in states:
            assert not accepts(state, request)
