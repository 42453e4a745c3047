"""The reconciler's judgement, by example and by property."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studiolo.domain import decide as rules
from studiolo.domain import lifecycle
from studiolo.domain.decide import (
    REPAIRS,
    Adapt,
    Delete,
    Done,
    Ensure,
    Fail,
    Rest,
    Stop,
    Wait,
    decide,
)
from studiolo.domain.machine import Observation, Presence, Recipe, Step
from studiolo.domain.resources import LastOperation, Trigger
from studiolo.domain.states import STABLE, TRANSIENT, Event, Goal, State, accepts
from tests.domain.model import Crash, Model
from tests.domain.test_states import REQUESTS
from tests.support.machines import compute_in
from tests.support.values import NOW

WELL = Observation(Presence.RUNNING, 1, healthy=True, started_at=NOW)
SILENT = replace(WELL, healthy=False, started_at=NOW - timedelta(minutes=5))
REBOOTING = replace(WELL, healthy=False, started_at=NOW - timedelta(seconds=5))
STOPPED = Observation(Presence.STOPPED, 1)
ABSENT = Observation.absent()
LOST = Observation(Presence.LOST, 1, reason="its home is gone")
STRAYS = replace(LOST, healthy=False)
BROKEN = Observation(Presence.BROKEN, reason="its configuration cannot be read")
AWAY = Observation(Presence.UNREACHABLE, reason="its host does not answer")

observations = st.builds(
    Observation,
    presence=st.sampled_from([each for each in Presence if each is not Presence.UNREACHABLE]),
    generation=st.integers(0, 3),
    healthy=st.sampled_from([True, False, None]),
    reason=st.none() | st.just("the agent is silent"),
    started_at=st.none()
    | st.timedeltas(timedelta(0), timedelta(minutes=2)).map(lambda age: NOW - age),
)
states = st.sampled_from([state for state in State if state is not State.DELETED])


def after_stop() -> LastOperation:
    return LastOperation("Stop", NOW, "Succeeded", Trigger.USER)


@pytest.mark.parametrize(
    ("state", "seen", "expected"),
    [
        (State.CREATING, ABSENT, Ensure),
        (State.CREATING, BROKEN, Ensure),
        (State.STARTING, STOPPED, Ensure),
        (State.RESTARTING, replace(WELL, generation=0), Stop),
        (State.RESIZING, replace(WELL, generation=0), Adapt),
        (State.RESIZING, replace(WELL, generation=0, healthy=False), Adapt),
        (State.RESIZING, STOPPED, Ensure),
        (State.RESIZING, BROKEN, Ensure),
        (State.RESIZING, replace(WELL, healthy=False), Wait),
        (State.RESIZING, ABSENT, Fail),
        (State.RESIZING, LOST, Fail),
        (State.STARTING, replace(WELL, healthy=False), Wait),
        (State.STARTING, replace(WELL, healthy=False, started_at=None), Ensure),
        (State.STOPPING, WELL, Stop),
        (State.STOPPING, BROKEN, Stop),
        (State.DELETING, WELL, Delete),
        (State.DELETING, STOPPED, Delete),
        (State.DELETING, BROKEN, Delete),
        (State.RUNNING, WELL, Rest),
        (State.RUNNING, replace(WELL, healthy=None), Rest),
        (State.RUNNING, SILENT, Ensure),
        (State.RUNNING, REBOOTING, Wait),
        (State.RUNNING, replace(SILENT, started_at=None), Ensure),
        (State.RUNNING, BROKEN, Ensure),
        (State.STARTING, STRAYS, Ensure),
        (State.STOPPING, STRAYS, Stop),
        (State.DELETING, LOST, Delete),
        (State.RUNNING, STRAYS, Stop),
        (State.RUNNING, LOST, Fail),
        (State.RUNNING, ABSENT, Fail),
        (State.STOPPED, STRAYS, Stop),
        (State.UNUSABLE, STRAYS, Stop),
        (State.UNUSABLE, LOST, Rest),
        (State.UNUSABLE, ABSENT, Rest),
        (State.CREATE_FAILED, STRAYS, Stop),
        (State.UNKNOWN, LOST, Fail),
        (State.STOPPED, STOPPED, Rest),
        (State.STOPPED, BROKEN, Rest),
        (State.CREATE_FAILED, WELL, Stop),
        (State.CREATE_FAILED, STOPPED, Rest),
        (State.UNUSABLE, STOPPED, Rest),
        (State.UNUSABLE, replace(WELL, generation=0), Rest),
        (State.UNUSABLE, replace(WELL, healthy=False), Ensure),
    ],
)
def test_one_step_towards_what_is_wanted(state: State, seen: Observation, expected: type) -> None:
    assert isinstance(decide(compute_in(state), seen, NOW, 0), expected)


@pytest.mark.parametrize(
    ("state", "seen", "event"),
    [
        (State.CREATING, WELL, Event.READY),
        (State.STARTING, WELL, Event.READY),
        (State.RESTARTING, WELL, Event.READY),
        (State.RESIZING, WELL, Event.READY),
        (State.STOPPING, STOPPED, Event.HALTED),
        (State.STOPPING, ABSENT, Event.HALTED),
        (State.DELETING, ABSENT, Event.GONE),
        (State.RUNNING, STOPPED, Event.POWERED_OFF),
        (State.STOPPED, WELL, Event.POWERED_ON),
        (State.STOPPED, ABSENT, Event.LOST),
        (State.STOPPED, LOST, Event.LOST),
        (State.STOPPING, LOST, Event.HALTED),
        (State.UNUSABLE, WELL, Event.FOUND_RUNNING),
        (State.UNKNOWN, WELL, Event.FOUND_RUNNING),
        (State.UNKNOWN, STOPPED, Event.FOUND_STOPPED),
    ],
)
def test_what_is_seen_ends_or_moves_a_state(state: State, seen: Observation, event: Event) -> None:
    action = decide(compute_in(state), seen, NOW, 0)
    assert isinstance(action, Done)
    assert action.event is event


def test_a_machine_that_runs_after_a_stop_was_asked_for_is_stopped_again() -> None:
    stopped = compute_in(State.STOPPED, last_operation=after_stop())
    assert isinstance(decide(stopped, WELL, NOW, 0), Stop)


def test_a_machine_that_runs_with_its_former_size_after_a_resize_in_place_is_stopped() -> None:
    resized = lifecycle.resized_in_place(compute_in(State.STOPPED), NOW, "e")
    assert isinstance(decide(resized, WELL, NOW, 0), Stop)


def test_a_copy_that_was_never_made_is_deleted_once_for_what_it_left_in_its_source() -> None:
    copy = compute_in(State.DELETING, recipe=Recipe(Step.CLONE, "ci-0123456789abcdef"))
    assert isinstance(decide(copy, ABSENT, NOW, 0), Delete)
    assert decide(copy, ABSENT, NOW, 1) == Done(Event.GONE)


def test_a_removed_directory_is_told_with_what_to_do() -> None:
    action = decide(compute_in(State.RUNNING, name="box"), ABSENT, NOW, 0)
    assert isinstance(action, Fail)
    assert "'box' is gone" in action.reason
    assert "Start it" in action.reason


@pytest.mark.parametrize("attempts", [0, REPAIRS, 50])
def test_a_lost_home_is_never_made_anew_unasked(attempts: int) -> None:
    for state in (State.RUNNING, State.STOPPED, State.UNUSABLE, State.UNKNOWN):
        for seen in (ABSENT, LOST, STRAYS):
            assert not isinstance(decide(compute_in(state), seen, NOW, attempts), Ensure)


def test_what_the_engine_says_of_a_machine_that_runs_well_is_passed_on() -> None:
    anew = replace(WELL, reason="Its home is empty.")
    assert decide(compute_in(State.STARTING), anew, NOW, 1) == Done(Event.READY, anew.reason)
    assert decide(compute_in(State.RUNNING), anew, NOW, 0) == Rest(anew.reason)


def test_repairs_end_with_the_reason_that_was_seen() -> None:
    silent = replace(SILENT, reason="the agent does not answer: disk full")
    running = compute_in(State.RUNNING)
    assert isinstance(decide(running, silent, NOW, REPAIRS - 1), Ensure)
    action = decide(running, silent, NOW, REPAIRS)
    assert isinstance(action, Fail)
    assert "disk full" in action.reason


@pytest.mark.parametrize("attempts", [0, REPAIRS, 50])
def test_nothing_is_done_to_a_machine_out_of_reach(attempts: int) -> None:
    for state in STABLE:
        assert decide(compute_in(state), AWAY, NOW, attempts) == Rest()
    for state in TRANSIENT:
        assert isinstance(decide(compute_in(state), AWAY, NOW, attempts), Wait)


@pytest.mark.parametrize("state", sorted(TRANSIENT))
def test_what_is_asked_of_a_machine_out_of_reach_expires_with_the_reason(state: State) -> None:
    action = decide(compute_in(state), AWAY, NOW + TRANSIENT[state].deadline, 0)
    assert isinstance(action, Fail)
    assert "its host does not answer" in action.reason


def test_a_list_shows_whose_machines_have_been_lost_sight_of() -> None:
    at_rest = {state for state in STABLE if rules.at_rest(state, 1, AWAY)}
    assert at_rest == {State.UNKNOWN, State.CREATE_FAILED}
    assert not any(rules.at_rest(state, 1, AWAY) for state in TRANSIENT)


def test_a_guest_that_reboots_is_not_called_unusable_however_often_it_was_repaired() -> None:
    running = compute_in(State.RUNNING)
    assert isinstance(decide(running, REBOOTING, NOW, REPAIRS), Wait)
    assert isinstance(decide(running, REBOOTING, NOW + rules.STARTUP, REPAIRS), Fail)


@given(seen=observations, attempts=st.integers(0, 50))
def test_nothing_is_done_to_a_machine_that_has_just_been_started(
    seen: Observation, attempts: int
) -> None:
    fresh = replace(seen, presence=Presence.RUNNING, generation=1, started_at=NOW)
    for state in (State.STARTING, State.RUNNING):
        action = decide(compute_in(state, generation=1), fresh, NOW, attempts)
        assert isinstance(action, Wait | Rest | Done)


@pytest.mark.parametrize("state", sorted(TRANSIENT))
def test_expiry_names_the_wait_the_cause_and_the_way_out(state: State) -> None:
    owed = TRANSIENT[state]
    action = decide(compute_in(state), BROKEN, NOW + owed.deadline, 3)
    assert isinstance(action, Fail)
    assert action.event is Event.EXPIRED
    assert f"{int(owed.deadline.total_seconds() // 60)} minutes" in action.reason
    assert "its configuration cannot be read." in action.reason
    assert "delete" in action.reason.lower()


def test_a_goal_that_is_met_counts_even_after_the_deadline() -> None:
    late = NOW + timedelta(hours=1)
    assert decide(compute_in(State.CREATING), WELL, late, 0) == Done(Event.READY)


def test_looking_is_frequent_while_a_person_waits_and_rare_later() -> None:
    starting = compute_in(State.STARTING)
    fresh = replace(WELL, healthy=False)
    assert decide(starting, fresh, NOW, 1) == Wait(0.05)
    assert decide(starting, fresh, NOW + timedelta(seconds=5), 1) == Wait(0.1)


@given(st.integers(0, 1000))
def test_backoff_grows_and_is_capped_at_ten_seconds(attempts: int) -> None:
    assert 0 < rules.backoff(attempts) <= rules.backoff(attempts + 1) <= 10


@given(state=states, seen=observations, attempts=st.integers(0, 50), late=st.booleans())
def test_every_answer_is_one_the_table_allows(
    state: State, seen: Observation, attempts: int, late: bool
) -> None:
    compute = compute_in(state)
    now = NOW + (timedelta(hours=2) if late else timedelta(0))
    action = decide(compute, seen, now, attempts)
    if isinstance(action, Done | Fail):
        assert accepts(state, action.event)
        lifecycle.outcome(compute, action.event, now, "e", action.reason)
    if isinstance(action, Fail):
        assert action.reason
    if isinstance(action, Ensure | Stop | Adapt | Delete):
        assert 0 < action.pause <= 10


@given(state=states, seen=observations, attempts=st.integers(0, 50))
def test_past_its_deadline_no_state_goes_on(state: State, seen: Observation, attempts: int) -> None:
    assume(state in TRANSIENT)
    action = decide(compute_in(state), seen, NOW + timedelta(hours=2), attempts)
    assert isinstance(action, Done | Fail)


@given(state=states, seen=observations, attempts=st.integers(0, 9))
def test_a_list_of_machines_shows_every_instance_that_needs_a_look(
    state: State, seen: Observation, attempts: int
) -> None:
    unasked = replace(seen, healthy=None)
    compute = compute_in(state)
    if not isinstance(decide(compute, unasked, NOW, attempts), Rest):
        assert not rules.at_rest(state, compute.generation, unasked)


@given(seen=observations, state=states)
@settings(max_examples=300)
def test_a_cooperative_engine_brings_every_state_to_rest(state: State, seen: Observation) -> None:
    model = Model(compute_in(state), seen)
    model.run()
    assert model.compute.state in STABLE | {State.DELETED}
    if state in TRANSIENT and TRANSIENT[state].goal is Goal.RUNNING:
        gone = seen.presence in (Presence.ABSENT, Presence.LOST)
        lost = state is State.RESIZING and gone
        assert model.compute.state is (State.UNUSABLE if lost else State.RUNNING)
    if model.compute.state is not State.DELETED:
        assert isinstance(decide(model.compute, model.seen, model.now, 0), Rest)


@given(seen=observations, state=states)
def test_an_engine_that_never_obeys_ends_every_state_by_its_deadline(
    state: State, seen: Observation
) -> None:
    assume(state in TRANSIENT)
    model = Model(compute_in(state), seen)
    model.stubborn = True
    limit = NOW + TRANSIENT[state].deadline + timedelta(seconds=11)
    while model.compute.state in TRANSIENT:
        model.step()
        assert model.now <= limit


@given(seen=observations, state=states, crashes=st.sets(st.integers(0, 30), max_size=12))
@settings(max_examples=300)
def test_a_crash_after_any_step_changes_nothing_about_the_end(
    state: State, seen: Observation, crashes: set[int]
) -> None:
    calm, shaken = Model(compute_in(state), seen), Model(compute_in(state), seen)
    calm.run()
    passed = iter(range(10_000))

    def crash() -> None:
        if next(passed) in crashes:
            shaken.attempts = 0
            raise Crash

    shaken.crash = crash
    shaken.run()
    assert shaken.compute.state is calm.compute.state
    assert shaken.seen.presence is calm.seen.presence
    assert shaken.seen.generation == calm.seen.generation


class Instance(RuleBasedStateMachine):
    """People, guests, crashes and the reconciler at one instance, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(compute_in(State.CREATING))

    @property
    def alive(self) -> bool:
        return self.model.compute.state is not State.DELETED

    @rule(event=st.sampled_from(REQUESTS))
    def request(self, event: Event) -> None:
        compute = self.model.compute
        if not lifecycle.already(compute, event) and accepts(compute.state, event):
            self.model.compute = lifecycle.request(compute, event, self.model.now, "e")
            self.model.attempts = 0

    @precondition(lambda self: self.alive)
    @rule()
    def reconcile_once(self) -> None:
        self.model.step()

    @rule(seen=observations)
    def something_happens_to_the_machine(self, seen: Observation) -> None:
        generation = min(seen.generation, self.model.compute.generation)
        started = None if seen.started_at is None else self.model.now
        self.model.seen = replace(seen, generation=generation, started_at=started)

    @rule(stubborn=st.booleans(), healthy=st.booleans(), rigid=st.booleans())
    def engine_changes_its_mood(self, stubborn: bool, healthy: bool, rigid: bool) -> None:
        self.model.stubborn = stubborn
        self.model.rigid = rigid
        self.model.healthy_when_started = healthy

    @rule(seconds=st.integers(1, 700))
    def time_passes(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)

    @invariant()
    def a_deadline_goes_with_a_transient_state(self) -> None:
        compute = self.model.compute
        assert (compute.deadline is None) == (compute.state not in TRANSIENT)

    @invariant()
    def a_state_that_needs_an_explanation_has_one(self) -> None:
        compute = self.model.compute
        if compute.state in (State.UNUSABLE, State.CREATE_FAILED, State.UNKNOWN):
            assert compute.errors

    def teardown(self) -> None:
        """Whatever happened, an engine that obeys brings it to rest."""
        self.model.stubborn, self.model.healthy_when_started = False, True
        if self.alive:
            self.model.run()
        assert self.model.compute.state not in TRANSIENT


TestInstance = Instance.TestCase
TestInstance.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
