"""Figures: what was measured, how often, and how noisy the machine was meanwhile.

Absolute times belong to one machine on one day. What is claimed is a ratio of two medians taken
alternately in the same run, beside the noise of that run.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured thing.

    :param values: every measurement, in the order taken.
    :param target: what it is held to, in words, when it is held to something.
    :param met: whether the target was met; None where there is none.
    """

    name: str
    unit: str
    values: list[float]
    target: str = ""
    met: bool | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Distance from the lowest to the highest, as a share of the median."""
        if len(self.values) < 2 or not self.median:
            return 0.0
        return (max(self.values) - min(self.values)) / self.median


@dataclass(frozen=True)
class Outcome:
    """What one benchmark found.

    :param noise: spread of a fixed piece of work timed between the rounds, as share of its median.
    """

    benchmark: str
    figures: list[Figure]
    noise: float
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Noise:
    """Times a fixed piece of CPU work between rounds: what varies there is the machine's doing."""

    def __init__(self) -> None:
        self._samples: list[float] = []

    def sample(self) -> None:
        began = time.perf_counter()
        total = 0
        for number in range(400_000):
            total += number * number
        self._samples.append(time.perf_counter() - began)

    @property
    def spread(self) -> float:
        return Figure("noise", "s", self._samples).spread if self._samples else 0.0


def alternate(
    rounds: int, contestants: dict[str, Callable[[], float]], noise: Noise
) -> dict[str, list[float]]:
    """Measure each contestant once a round, in turn: drift of the machine hits all alike."""
    values: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        noise.sample()
        order = list(contestants.items())
        if number % 2:
            order.reverse()
        for name, measure in order:
            values[name].append(measure())
    noise.sample()
    return values


def ratio(
    name: str, ours: list[float], theirs: list[float], target: str, met: Callable[[float], bool]
) -> Figure:
    """The quotient of two medians, with its target, if it has one."""
    value = statistics.median(ours) / statistics.median(theirs)
    return Figure(name, "×", [value], target, met(value) if target else None)
