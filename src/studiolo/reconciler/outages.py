"""Which engines do not answer, and since when."""

from datetime import datetime, timedelta

from studiolo.clock import Clock


class Outages:
    """Kept in memory only: a new process finds an outage out by itself within the grace."""

    def __init__(self, clock: Clock, grace_seconds: float) -> None:
        self._clock = clock
        self._grace = timedelta(seconds=grace_seconds)
        self._since: dict[str, datetime] = {}

    def silent(self, location: str) -> None:
        """The engine did not answer."""
        self._since.setdefault(location, self._clock())

    def answered(self, location: str) -> bool:
        """The engine answered; True if this ends an outage."""
        return self._since.pop(location, None) is not None

    def lasting(self, location: str) -> bool:
        """Whether the engine has been silent for longer than the grace."""
        since = self._since.get(location)
        return since is not None and self._clock() - since >= self._grace
