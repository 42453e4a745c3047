"""When to start, restart and give up on a process: decisions only.

The supervisor looks (is it alive, does it answer), asks :func:`decide`, does the one act it is
told, and stores the record. Nothing here reads a clock; every instant is in seconds of one
monotonic clock that the caller chooses.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Phase(StrEnum):
    """Where a supervised process is."""

    STOPPED = "Stopped"
    STARTING = "Starting"
    RUNNING = "Running"
    WAITING = "Waiting"
    """It failed; the next try comes at `retry_at`. Shown to callers as Starting."""
    FAILING = "Failing"
    """It failed too often; only a new request tries again."""


class Act(StrEnum):
    """What the supervisor does next."""

    NOTHING = "nothing"
    START = "start"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the supervisor is; all in seconds but `attempts`.

    :param first_delay: pause after the first failure; doubled after each further one.
    :param longest_delay: upper bound of that pause.
    :param attempts: failures in a row after which the process counts as Failing.
    :param start_deadline: how long a start may take to answer. JupyterLab needs 2 s on an idle
        machine, and tens on one that is swapping or reads its image from a cold disk.
    :param silence: how long a running process may leave health checks unanswered. Long, because a
        restart of Jupyter costs people their kernels.
    :param stable: after running this long, earlier failures are forgotten.
    :param cool_down: how long a Failing process refuses to be tried again, so that a caller who
        polls learns of the failure.
    """

    first_delay: float = 0.5
    longest_delay: float = 30.0
    attempts: int = 4
    start_deadline: float = 90.0
    silence: float = 120.0
    stable: float = 60.0
    cool_down: float = 5.0

    def delay(self, failures: int) -> float:
        """Seconds to wait after the `failures`-th failure in a row, counted from 1."""
        # 2.0 ** 64 is beyond any sensible bound, and far from overflowing.
        return min(self.longest_delay, self.first_delay * 2.0 ** min(failures - 1, 64))


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of a process between two looks.

    :param since: when `phase` was entered.
    :param answered: when the process last answered a health check, or was started.
    :param failures: failures in a row.
    :param restarts: starts that followed a failure, since the agent first saw the process.
    :param last_error: a sentence about the last failure; forgotten once the process is stable.
    """

    wanted: bool = False
    phase: Phase = Phase.STOPPED
    since: float = 0.0
    answered: float = 0.0
    failures: int = 0
    restarts: int = 0
    retry_at: float = 0.0
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a process.

    :param alive: it has not ended.
    :param healthy: it answered a health check just now.
    :param ended: how it ended, as a sentence, where that is known.
    """

    alive: bool
    healthy: bool = False
    ended: str | None = None


def decide(record: Record, sight: Sight, now: float, policy: Policy) -> tuple[Record, Act]:
    """Compare what is wanted with what is seen; return the new record and one act.

    On a process that is as it should be, it returns the record with at most its times renewed, and
    :attr:`Act.NOTHING`.
    """
    if not record.wanted:
        return _enter(record, Phase.STOPPED, now), Act.STOP if sight.alive else Act.NOTHING
    if record.phase in (Phase.STARTING, Phase.RUNNING):
        return _watch(record, sight, now, policy)
    if sight.alive:  # a former incarnation on its way out
        return record, Act.STOP
    if record.phase is Phase.STOPPED or (record.phase is Phase.WAITING and now >= record.retry_at):
        started = _enter(record, Phase.STARTING, now)
        return replace(started, answered=now, restarts=_count(record)), Act.START
    return record, Act.NOTHING


def request(record: Record, now: float) -> Record:
    """Somebody wants to use the process. A Failing one is tried again once it has cooled down."""
    if record.phase is Phase.FAILING:
        if now < record.retry_at:
            return record
        return replace(_enter(record, Phase.WAITING, now), failures=0, wanted=True)
    return replace(record, wanted=True)


def release(record: Record, now: float) -> Record:
    """Nobody wants the process any more: :func:`decide` will stop it. Its failures are forgotten.

    The record says Stopped at once, so that a request in the meantime waits for a new start.
    """
    stopped = _enter(record, Phase.STOPPED, now)
    return replace(stopped, wanted=False, failures=0, last_error=None)


def fail(record: Record, reason: str, now: float, policy: Policy) -> Record:
    """Note a failure of the start or of the running process, and when to try again."""
    failures = record.failures + 1
    exhausted = failures >= policy.attempts
    phase = Phase.FAILING if exhausted else Phase.WAITING
    delay = policy.cool_down if exhausted else policy.delay(failures)
    return replace(
        _enter(record, phase, now), failures=failures, last_error=reason, retry_at=now + delay
    )


def _watch(record: Record, sight: Sight, now: float, policy: Policy) -> tuple[Record, Act]:
    """Judge a process that was started."""
    if not sight.alive:
        reason = sight.ended or "The process ended."
        return fail(_forgive(record, now, policy), reason, now, policy), Act.NOTHING
    if sight.healthy:
        running = _enter(record, Phase.RUNNING, now)
        return _forgive(replace(running, answered=now), now, policy), Act.NOTHING
    starting = record.phase is Phase.STARTING
    patience = policy.start_deadline if starting else policy.silence
    if now - record.answered <= patience:
        return record, Act.NOTHING
    doing = "did not answer within" if starting else "has not answered for"
    reason = f"The process {doing} {patience:.0f} seconds."
    return fail(record, reason, now, policy), Act.STOP


def _forgive(record: Record, now: float, policy: Policy) -> Record:
    """Forget earlier failures of a process that has run long enough."""
    if record.phase is Phase.RUNNING and now - record.since >= policy.stable:
        return replace(record, failures=0, last_error=None)
    return record


def _enter(record: Record, phase: Phase, now: float) -> Record:
    return record if record.phase is phase else replace(record, phase=phase, since=now)


def _count(record: Record) -> int:
    return record.restarts + (1 if record.phase is Phase.WAITING else 0)
