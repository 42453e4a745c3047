"""How requests and outcomes change a stored instance."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain import lifecycle
from studiolo.domain.errors import Conflict
from studiolo.domain.machine import Recipe, Step
from studiolo.domain.resources import OperationStatus
from studiolo.domain.states import STABLE, TRANSIENT, Event, State, accepts
from tests.support.machines import compute_in
from tests.support.values import NOW

LATER = NOW + timedelta(seconds=30)


def test_a_request_sets_state_deadline_operation_and_etag() -> None:
    stopped = compute_in(State.STOPPED)
    starting = lifecycle.request(stopped, Event.START, LATER, "new")
    assert (starting.state, starting.state_since, starting.etag) == (State.STARTING, LATER, "new")
    assert starting.deadline == LATER + TRANSIENT[State.STARTING].deadline
    assert starting.last_operation.name == "Start"
    assert starting.last_operation.status == "InProgress"


@pytest.mark.parametrize(
    ("state", "event", "more"),
    [
        (State.STOPPED, Event.START, 1),
        (State.RUNNING, Event.RESTART, 1),
        (State.RUNNING, Event.RESIZE, 1),
        (State.STOPPED, Event.RESTORE, 1),
        (State.RUNNING, Event.REIMAGE, 1),
        (State.RUNNING, Event.STOP, 0),
        (State.RUNNING, Event.DELETE, 0),
    ],
)
def test_only_starts_count_the_generation_up(state: State, event: Event, more: int) -> None:
    before = compute_in(state, generation=3)
    assert lifecycle.request(before, event, LATER, "new").generation == 3 + more


def test_a_refusal_says_what_can_be_done() -> None:
    with pytest.raises(Conflict, match=r"Cannot restart compute 'box': it is Stopped.*start"):
        lifecycle.request(compute_in(State.STOPPED, name="box"), Event.RESTART, LATER, "e")


def test_an_end_is_stored_as_the_last_operation() -> None:
    creating = compute_in(State.CREATING)
    running = lifecycle.outcome(creating, Event.READY, LATER, "e")
    assert (running.last_operation.status, running.errors) == ("Succeeded", ())
    failed = lifecycle.outcome(creating, Event.FAILED, LATER, "e", "The disk is full.")
    assert failed.last_operation.status == "CreateFailed"
    assert [error.message for error in failed.errors] == ["The disk is full."]


@pytest.mark.parametrize(
    ("event", "failed"),
    [
        (Event.RESTART, "RestartFailed"),
        (Event.REIMAGE, "ReimageFailed"),
        (Event.RESIZE, "RestartFailed"),
        (Event.RESTORE, "ReimageFailed"),
    ],
)
def test_a_failure_is_called_by_a_word_that_azure_has(event: Event, failed: str) -> None:
    asked = lifecycle.request(compute_in(State.RUNNING), event, LATER, "e")
    after = lifecycle.outcome(asked, Event.FAILED, LATER, "e", "The disk is full.")
    assert (after.last_operation.name, after.last_operation.status) == (event.title(), failed)


def test_a_step_before_a_start_lasts_until_the_machine_runs_or_something_else_is_asked() -> None:
    back = Recipe(Step.RESTORE, "friday")
    asked = lifecycle.request(compute_in(State.RUNNING), Event.RESTORE, LATER, "e", recipe=back)
    assert asked.recipe == back
    for event in (Event.READY, Event.FAILED, Event.EXPIRED):
        assert lifecycle.outcome(asked, event, LATER, "e", "why").recipe is None
    assert lifecycle.request(asked, Event.STOP, LATER, "e").recipe is None
    assert lifecycle.request(asked, Event.DELETE, LATER, "e").recipe == back


def test_a_clone_that_could_not_be_made_remembers_of_what_until_it_is_deleted() -> None:
    of = Recipe(Step.CLONE, "ci-0123456789abcdef")
    failed = lifecycle.outcome(
        compute_in(State.CREATING, recipe=of), Event.FAILED, LATER, "e", "The disk is full."
    )
    assert (failed.state, failed.recipe) == (State.CREATE_FAILED, of)
    assert lifecycle.request(failed, Event.DELETE, LATER, "e").recipe == of


def test_a_stopped_instance_is_resized_where_it_stands() -> None:
    stopped = compute_in(State.STOPPED, generation=3)
    after = lifecycle.resized_in_place(stopped, LATER, "new")
    assert (after.state, after.generation, after.etag) == (State.STOPPED, 4, "new")
    assert (after.last_operation.name, after.last_operation.status) == ("Resize", "Succeeded")


@given(state=st.sampled_from(sorted(STABLE)), event=st.sampled_from(Event))
def test_a_stable_state_has_no_deadline_and_a_transient_one_has(state: State, event: Event) -> None:
    if accepts(state, event):
        after = lifecycle.outcome(compute_in(state), event, LATER, "e")
        assert (after.deadline is None) == (after.state not in TRANSIENT)


@pytest.mark.parametrize(
    ("kind", "state", "event", "end"),
    [
        ("Create", State.RUNNING, Event.READY, OperationStatus.SUCCEEDED),
        ("Create", State.CREATE_FAILED, Event.EXPIRED, OperationStatus.FAILED),
        ("Start", State.STOPPING, Event.STOP, OperationStatus.CANCELED),
        ("Start", State.STOPPED, Event.HALTED, OperationStatus.CANCELED),
        ("Stop", State.STOPPED, Event.HALTED, OperationStatus.SUCCEEDED),
        ("Create", State.DELETED, Event.GONE, OperationStatus.CANCELED),
        ("Resize", State.RUNNING, Event.READY, OperationStatus.SUCCEEDED),
        ("Resize", State.STOPPING, Event.STOP, OperationStatus.CANCELED),
        ("Restore", State.RUNNING, Event.READY, OperationStatus.SUCCEEDED),
        ("Reimage", State.UNUSABLE, Event.FAILED, OperationStatus.FAILED),
        ("Delete", State.DELETED, Event.GONE, OperationStatus.SUCCEEDED),
        ("Create", State.SETTING_UP, Event.PROVISIONED, None),
    ],
)
def test_an_operation_ends_with_its_goal_or_is_overtaken(
    kind: str, state: State, event: Event, end: OperationStatus | None
) -> None:
    assert lifecycle.operation_end(kind, state, event) is end
