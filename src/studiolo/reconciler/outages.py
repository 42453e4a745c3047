"""Which engines, and which single machines, do not answer, and since when."""

from datetime import datetime, timedelta

from studiolo.clock import Clock


class Outages:
    """Kept in memory only: a new process finds an outage out by itself within the grace.

    What is silent is named by a region's location or by a machine's id.
    """

    def __init__(self, clock: Clock, grace_seconds: float) -> None:
        self._clock = clock
        self._grace = timedelta(seconds=grace_seconds)
        self._since: dict[str, datetime] = {}

    def silent(self, name: str) -> None:
        """It did not answer."""
        self._since.setdefault(name, self._clock())

    def answered(self, *names: str) -> None:
        """Each of them answered, which ends an outage."""
        for name in names:
            self._since.pop(name, None)

    def lasting(self, name: str) -> bool:
        """Whether it has been silent for longer than the grace."""
        since = self._since.get(name)
        return since is not None and self._clock() - since >= self._grace
