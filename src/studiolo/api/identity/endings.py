"""Telling others that somebody's right has ended, so that what is open can be closed at once.

Plain requests need none of this: they are decided anew within two seconds. It is for streams, which
are decided once, when they open.
"""

from collections.abc import Callable

Listener = Callable[[str], None]
"""Told the object id of a principal some of whose rights or sessions have ended."""


class Endings:
    """Passes endings on. Announce after the change is committed."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Have `listener` told of every ending from now on."""
        self._listeners.append(listener)

    def announce(self, principal_id: str) -> None:
        """Some right, session or token of this principal has ended."""
        for listener in self._listeners:
            listener(principal_id)
