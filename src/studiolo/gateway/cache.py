"""Look-ups remembered for a second, so that a page's hundred requests cost one.

Whole decisions are remembered for another second (`gate_server.py`). The sum is how long a revoked
right may go on working for plain requests in another replica; where it is revoked it ends at once,
by :meth:`CachedBackend.forget`. WebSockets, which last, are always decided anew (`gate.py`).
Only what is found is remembered: a session that has just begun or an application that has just
started is seen at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from studiolo.domain.applications import Application
from studiolo.gateway.backend import (
    Failed,
    GateBackend,
    GateInstance,
    GateSession,
    Grant,
    Starting,
    Upstream,
)

LOOKUP_SECONDS = 1.0
"""The longest a look-up is believed."""

DECISION_SECONDS = 1.0
"""The longest a decision, made from look-ups of that age, is believed."""

CACHE_SECONDS = LOOKUP_SECONDS + DECISION_SECONDS
"""The longest that anything which was found is believed."""

_MAX_ENTRIES = 10_000

T = TypeVar("T")


class _Shared:
    """Answers by key, with one caller asking while the others wait for its answer."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._now = now
        self._kept: dict[Hashable, tuple[float, Any]] = {}
        self._asking: dict[Hashable, asyncio.Task[Any]] = {}
        self.epoch = 0

    async def get(
        self, key: Hashable, ask: Callable[[], Awaitable[T]], keep: Callable[[T], bool]
    ) -> T:
        kept = self._kept.get(key)
        if kept and self._now() < kept[0]:
            found: T = kept[1]
            return found
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.ensure_future(self._ask(key, ask, keep))
            self._asking[key] = asking
        # One caller hanging up must not fail the others.
        answer: T = await asyncio.shield(asking)
        return answer

    async def _ask(
        self, key: Hashable, ask: Callable[[], Awaitable[T]], keep: Callable[[T], bool]
    ) -> T:
        # Believed from when it was asked: what was revoked meanwhile is not believed longer.
        until, epoch = self._now() + self._seconds, self.epoch
        try:
            answer = await ask()
        finally:
            if self._asking.get(key) is asyncio.current_task():
                del self._asking[key]
        if keep(answer) and epoch == self.epoch:
            self._make_room()
            self._kept[key] = (until, answer)
        return answer

    def _make_room(self) -> None:
        if len(self._kept) < _MAX_ENTRIES:
            return
        now = self._now()
        self._kept = {key: kept for key, kept in self._kept.items() if now < kept[0]}
        if len(self._kept) >= _MAX_ENTRIES:
            self._kept.clear()

    def clear(self) -> None:
        # An answer that is on its way was asked for before, so nobody else may have it.
        self.epoch += 1
        self._kept.clear()
        self._asking.clear()


class CachedBackend:
    """A :class:`GateBackend` that asks another one, and remembers.

    :param seconds: how long; at most :data:`LOOKUP_SECONDS`.
    :param now: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        backend: GateBackend,
        *,
        seconds: float = LOOKUP_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.backend = backend
        self._shared = _Shared(min(seconds, LOOKUP_SECONDS), now)

    @property
    def epoch(self) -> int:
        """Grows with every :meth:`forget`: what was decided in an older one is not believed."""
        return self._shared.epoch

    def forget(self) -> None:
        """Drop everything: called when a right ends, so that it ends at once in this process."""
        self._shared.clear()

    async def instance_by_host(self, label: str) -> GateInstance | None:
        """See :class:`GateBackend`."""
        return await self._shared.get(
            ("instance", label), lambda: self.backend.instance_by_host(label), _found
        )

    async def session(self, cookie: str) -> GateSession | None:
        """See :class:`GateBackend`."""
        return await self._shared.get(
            ("session", cookie), lambda: self.backend.session(cookie), _found
        )

    async def bearer(self, token: str) -> str | None:
        """See :class:`GateBackend`."""
        return await self._shared.get(("bearer", token), lambda: self.backend.bearer(token), _found)

    async def redeem_ticket(self, ticket: str, label: str) -> Grant | None:
        """Never remembered: a ticket is good once."""
        return await self.backend.redeem_ticket(ticket, label)

    async def open_application(
        self,
        instance_id: str,
        application: Application,
        wait: float,
        terminal: str | None = None,
    ) -> Upstream | Starting | Failed:
        """See :class:`GateBackend`. Requests that arrive while it starts share one call."""
        return await self._shared.get(
            ("open", instance_id, application.process, terminal),
            lambda: self.backend.open_application(instance_id, application, wait, terminal),
            lambda answer: isinstance(answer, Upstream),
        )


def _found(answer: object) -> bool:
    return answer is not None
