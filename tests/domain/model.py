"""A machine as a model, and the reconciler's loop over it without a store or a process.

The model keeps what an engine would keep on disk. A *crash* forgets everything that the loop holds
in memory, after any instruction; what is left are the stored compute and the model.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from studiolo.domain import decide as rules
from studiolo.domain import lifecycle
from studiolo.domain.decide import decide
from studiolo.domain.machine import Observation, Presence
from studiolo.domain.resources import Compute
from studiolo.domain.states import State
from tests.support.values import NOW


class Crash(Exception):
    """The control plane dies here."""


class Model:
    """One instance: stored compute, machine, clock."""

    def __init__(self, compute: Compute, seen: Observation | None = None) -> None:
        self.compute = compute
        self.seen = seen or Observation.absent()
        self.now = NOW
        self.attempts = 0
        self.stubborn = False
        self.rigid = False
        self.healthy_when_started = True
        self.steps = 0
        self.crash: Callable[[], None] = lambda: None

    # what the engine does

    def ensure(self) -> None:
        if self.stubborn:
            return
        if self.seen.presence is Presence.ABSENT:
            self.seen = Observation(Presence.STOPPED)
            self.crash()
        if self.seen.presence is not Presence.RUNNING:
            self.seen = Observation(Presence.RUNNING, self.compute.generation, started_at=self.now)
            self.crash()
        if self.seen.generation == self.compute.generation:
            self.seen = replace(self.seen, healthy=self.healthy_when_started)

    def adapt(self) -> None:
        if not self.stubborn and self.rigid:
            self.stop()
        elif not self.stubborn:
            self.seen = replace(self.seen, generation=self.compute.generation)

    def stop(self) -> None:
        if not self.stubborn and self.seen.presence is not Presence.ABSENT:
            self.seen = Observation(Presence.STOPPED, self.seen.generation)

    def delete(self) -> None:
        if self.stubborn:
            return
        self.stop()
        self.crash()
        self.seen = Observation.absent()

    # what the loop does

    def step(self) -> bool:
        """One turn: observe, decide, act, settle. False when there is nothing to do."""
        self.steps += 1
        self.crash()
        action = decide(self.compute, self.seen, self.now, self.attempts)
        self.crash()
        pause = 0.0
        match action:
            case rules.Rest():
                self.attempts = 0
                return False
            case rules.Wait(seconds):
                pause = seconds
            case rules.Ensure(pause):
                self.ensure()
            case rules.Stop(_, pause):
                self.stop()
            case rules.Adapt(_, pause):
                self.adapt()
            case rules.Delete(pause):
                self.delete()
            case rules.Done(event, reason) | rules.Fail(event, reason):
                self.crash()
                etag = f"{self.compute.etag}."
                self.compute = lifecycle.outcome(self.compute, event, self.now, etag, reason)
                self.attempts = 0
                return self.compute.state is not State.DELETED
        self.crash()
        self.attempts += not isinstance(action, rules.Wait)
        self.now += timedelta(seconds=max(pause, 0.001))
        return True

    def run(self, most: int = 2000) -> None:
        """Turn until there is nothing to do; a crash only starts the next turn."""
        for _ in range(most):
            try:
                if not self.step():
                    return
            except Crash:
                continue
        raise AssertionError(f"still busy after {most} turns in {self.compute.state}")
