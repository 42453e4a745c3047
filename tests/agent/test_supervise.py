from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from studiolo.agent.supervise import (
    Act,
    Phase,
    Policy,
    Record,
    Sight,
    decide,
    fail,
    release,
    request,
)

POLICY = Policy()
DEAD = Sight(alive=False, ended="It ended.")
WELL = Sight(alive=True, healthy=True)
SILENT = Sight(alive=True, healthy=False)


def started(now: float = 100.0) -> Record:
    record, act = decide(request(Record(), now), Sight(alive=False), now, POLICY)
    assert act is Act.START
    return record


def test_nothing_is_started_before_anybody_asks() -> None:
    assert decide(Record(), Sight(alive=False), 5.0, POLICY) == (Record(), Act.NOTHING)


def test_a_start_that_answers_is_running() -> None:
    record, act = decide(started(), WELL, 101.0, POLICY)
    assert (record.phase, record.since, act) == (Phase.RUNNING, 101.0, Act.NOTHING)


def test_a_running_process_that_ends_is_started_again_after_the_delay() -> None:
    record, _ = decide(started(), WELL, 101.0, POLICY)
    record, act = decide(record, DEAD, 102.0, POLICY)
    assert (record.phase, record.last_error, act) == (Phase.WAITING, "It ended.", Act.NOTHING)
    _, early = decide(record, Sight(alive=False), 102.4, POLICY)
    record, due = decide(record, Sight(alive=False), 102.5, POLICY)
    assert (early, due, record.restarts) == (Act.NOTHING, Act.START, 1)


def test_a_start_that_never_answers_is_stopped_and_counts_as_failed() -> None:
    record, act = decide(started(), SILENT, 190.0, POLICY)
    assert (record.phase, act) == (Phase.STARTING, Act.NOTHING)
    record, act = decide(record, SILENT, 190.1, POLICY)
    assert (record.phase, record.failures, act) == (Phase.WAITING, 1, Act.STOP)
    assert record.last_error == "The process did not answer within 90 seconds."


def test_a_failed_process_that_still_lives_is_stopped_before_another_starts() -> None:
    record = fail(started(), "It hangs.", 101.0, POLICY)
    assert decide(record, SILENT, 500.0, POLICY) == (record, Act.STOP)


def test_a_busy_server_may_be_silent_for_long() -> None:
    record, _ = decide(started(), WELL, 101.0, POLICY)
    assert decide(record, SILENT, 220.0, POLICY) == (record, Act.NOTHING)
    assert decide(record, SILENT, 222.0, POLICY)[1] is Act.STOP


def test_it_gives_up_after_repeated_failures_and_says_why() -> None:
    record, now = started(), 100.0
    for _ in range(POLICY.attempts - 1):
        record, _ = decide(record, DEAD, now, POLICY)
        now = record.retry_at
        record, act = decide(record, Sight(alive=False), now, POLICY)
        assert act is Act.START
    record, act = decide(record, DEAD, now, POLICY)
    assert (record.phase, record.last_error, act) == (Phase.FAILING, "It ended.", Act.NOTHING)
    assert decide(record, Sight(alive=False), now + 9999, POLICY) == (record, Act.NOTHING)


def test_a_later_request_tries_again_once_it_has_cooled_down() -> None:
    failing = replace(Record(), wanted=True, phase=Phase.FAILING, failures=4, retry_at=50.0)
    assert request(failing, 49.0) is failing
    again = request(failing, 50.0)
    assert decide(again, Sight(alive=False), 50.0, POLICY)[1] is Act.START


def test_a_stable_run_forgets_earlier_failures() -> None:
    record = replace(started(), failures=3, last_error="It ended.")
    record, _ = decide(record, WELL, 101.0, POLICY)
    assert decide(record, WELL, 160.0, POLICY)[0].failures == 3
    stable, _ = decide(record, WELL, 161.0, POLICY)
    assert (stable.failures, stable.last_error) == (0, None)
    # also where nobody looked between becoming stable and ending
    assert decide(record, DEAD, 161.0, POLICY)[0].failures == 1


def test_a_process_nobody_wants_is_stopped() -> None:
    record, act = decide(release(started(), 101.0), WELL, 101.0, POLICY)
    assert (record.phase, act) == (Phase.STOPPED, Act.STOP)


def test_a_request_during_a_stop_waits_for_its_end() -> None:
    stopping, _ = decide(release(started(), 101.0), WELL, 101.0, POLICY)
    again = request(stopping, 102.0)
    assert decide(again, WELL, 102.0, POLICY)[1] is Act.STOP
    assert decide(again, Sight(alive=False), 103.0, POLICY)[1] is Act.START


@given(st.integers(min_value=1, max_value=10_000))
def test_the_delay_grows_and_stays_bounded(failures: int) -> None:
    assert POLICY.delay(failures) <= POLICY.delay(failures + 1) <= POLICY.longest_delay


steps = st.lists(
    st.tuples(
        st.sampled_from(["request", "release", "answer", "silence", "die", "nothing"]),
        st.floats(min_value=0, max_value=200, allow_nan=False),
    ),
    max_size=60,
)


@given(steps)
def test_any_sequence_keeps_the_promises(sequence: list[tuple[str, float]]) -> None:
    """A simulated process, driven by the decisions alone."""
    record, now, alive = Record(), 1000.0, False
    for happening, elapsed in sequence:
        now += elapsed
        if happening == "request":
            record = request(record, now)
        elif happening == "release":
            record = release(record, now)
        alive = alive and happening != "die"
        sight = Sight(alive=alive, healthy=alive and happening == "answer")
        before = record
        record, act = decide(record, sight, now, POLICY)
        if act is Act.START:
            assert not alive
            assert record.wanted
            assert before.phase is not Phase.WAITING or now >= before.retry_at
            alive = True
        if act is Act.STOP:
            assert alive
            assert not (before.wanted and before.phase is Phase.RUNNING and sight.healthy)
            alive = False
        assert record.failures <= POLICY.attempts
        assert (record.phase is Phase.FAILING) == (record.failures == POLICY.attempts)
        assert record.phase is not Phase.FAILING or record.last_error


@given(steps)
def test_a_healthy_machine_converges_to_running_and_stays(
    sequence: list[tuple[str, float]],
) -> None:
    """Whatever came before, a request and a well-behaved process end in Running."""
    record, now = Record(), 1000.0
    for happening, elapsed in sequence:
        now += elapsed
        if happening == "request":
            record = request(record, now)
        elif happening == "release":
            record = release(record, now)
        sight = Sight(alive=happening in ("answer", "silence"), healthy=happening == "answer")
        record, _ = decide(record, sight, now, POLICY)
    now += POLICY.longest_delay + POLICY.cool_down
    record, act = decide(request(record, now), Sight(alive=False), now, POLICY)
    while act is not Act.START:
        now += POLICY.longest_delay
        record, act = decide(request(record, now), Sight(alive=False), now, POLICY)
    record, act = decide(record, WELL, now + 1, POLICY)
    assert (record.phase, act) == (Phase.RUNNING, Act.NOTHING)
    assert decide(record, WELL, now + 1, POLICY) == (record, Act.NOTHING)
