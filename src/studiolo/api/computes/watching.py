"""Who is told of which change of a workspace's instances.

While somebody listens to a workspace, one task of this process asks the store for the instances
that changed last, and compares their ETags with those it knows: at once when this process wrote
something, and every :attr:`Pace.poll` seconds for what other replicas wrote. It compares, so a hint
that is lost or told twice does no harm. Nothing is asked while nobody listens.
"""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from studiolo.domain.errors import TooManyRequests, Unavailable
from studiolo.domain.resources import Compute
from studiolo.store.computes import Version
from studiolo.store.database import Database
from studiolo.store.transaction import Transaction

_log = structlog.get_logger("studiolo.api")

_NEWEST = 100
"""Instances that one look asks for; when all of them are new, every one is compared."""

MOST_AT_ONCE = 500
"""Changes that are told one by one. Beyond, a listener is told to read everything anew: that is
cheaper for it, and bounds what is kept for one that reads slowly."""

_REMEMBERED = 2000
"""Changes of a workspace that a listener who comes back is told of."""

MOST_PER_PERSON = 32
"""Streams of one person in this process."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds.

    :param poll: between two looks for what others wrote.
    :param gather: after a hint, so that one look answers several.
    :param whole: between two comparisons of every instance.
    :param linger: for which what is known is kept after the last listener, who may come back.
    :param beat: between two signs of life of a stream.
    :param recheck: between two looks whether the caller may still listen.
    :param slow: for which a reader may take nothing before it is dropped.
    """

    poll: float = 0.3
    gather: float = 0.03
    whole: float = 30.0
    linger: float = 60.0
    beat: float = 10.0
    recheck: float = 4.0
    slow: float = 20.0


@dataclass(frozen=True, slots=True)
class Change:
    """An instance became another, or is gone (`compute` None)."""

    number: int
    id: str
    name: str
    compute: Compute | None


@dataclass(frozen=True, slots=True)
class News:
    """What a listener has not been told yet.

    :param last: number of the last change that it knows of afterwards.
    :param reload: too much to tell one by one, or what was missed is not known.
    :param doubted: some right of its person has ended.
    """

    changes: Sequence[Change]
    last: int
    reload: bool = False
    doubted: bool = False


class Listener:
    """One who listens. Only the last change of each instance is kept for it."""

    def __init__(self, since: int) -> None:
        self._pending: dict[str, Change] = {}
        self._last = since
        self._reload = self._doubted = False
        self._woken = asyncio.Event()

    @property
    def last(self) -> int:
        """Number of the last change that it knows of, or will once it has taken what is kept."""
        return self._last

    def tell(self, changes: Sequence[Change], last: int) -> None:
        """Keep changes until they are taken."""
        self._last = last
        for change in changes:
            self._pending.pop(change.id, None)
            self._pending[change.id] = change
        if len(self._pending) > MOST_AT_ONCE:
            self.lose(last)
        self._woken.set()

    def lose(self, last: int) -> None:
        """Give up telling one by one."""
        self._pending.clear()
        self._last, self._reload = last, True
        self._woken.set()

    def doubt(self) -> None:
        """Have it look whether it is over."""
        self._doubted = True
        self._woken.set()

    async def news(self, within: float) -> News:
        """What is new, waited for up to `within` seconds; perhaps nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._woken.wait()
        self._woken.clear()
        news = News(tuple(self._pending.values()), self._last, self._reload, self._doubted)
        self._pending, self._reload, self._doubted = {}, False, False
        return news


@dataclass(eq=False)
class Watcher:
    """One workspace's changes.

    :param epoch: tells these numbers from those of another process, or of another time.
    """

    database: Database
    workspace: str
    pace: Pace
    epoch: str = field(default_factory=lambda: secrets.token_hex(4))
    listeners: set[Listener] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._known: dict[str, Version] | None = None
        self._told: dict[str, tuple[int, str]] = {}
        self._number = self._forgotten = 0
        self._whole_at = 0.0
        self._hinted = asyncio.Event()
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def hint(self) -> None:
        """Something was written."""
        self._hinted.set()

    async def listen(self, since: tuple[str, int] | None) -> Listener:
        """Begin to listen: from now on, or from where a listener stopped.

        :param since: epoch and number of the last change that it was told of.
        """
        async with self._looking:
            await self._look()
            listener = Listener(self._number)
            if since is not None:
                await self._catch_up(listener, *since)
            self.listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="watch-computes")
        return listener

    async def close(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _watch(self) -> None:
        while self.listeners:
            if await self._wait():
                await asyncio.sleep(self.pace.gather)
            self._hinted.clear()
            try:
                async with self._looking:
                    await self._look()
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                _log.warning("watch.not_looked", workspace=self.workspace, reason=str(error))
                await asyncio.sleep(self.pace.poll)

    async def _wait(self) -> bool:
        """Wait for a hint, or for the next look; whether there was a hint."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.pace.poll):
                return await self._hinted.wait()
        return False

    async def _look(self) -> None:
        """Find what has changed, and tell it."""
        async with self.database.reading() as tx:
            seen, whole = await self._sight(tx)
            if self._known is None:
                self._known = seen
                return
            fresh = _fresh(self._known, seen)
            found = await tx.computes.by_ids(fresh) if len(fresh) <= MOST_AT_ONCE else None
        gone = self._known.keys() - seen.keys() if whole else set()
        if found is None or len(found) + len(gone) > MOST_AT_ONCE:
            self._known = seen if whole else self._known | seen
            self._lose()
        else:
            self._tell(self._known, found, gone)

    async def _sight(self, tx: Transaction) -> tuple[dict[str, Version], bool]:
        """Enough to know every change by; and whether it is every instance there is."""
        now = asyncio.get_running_loop().time()
        if self._known is not None and now < self._whole_at:
            newest = await tx.computes.versions(self.workspace, newest=_NEWEST)
            total = len(self._known.keys() | newest.keys())
            all_new = len(_fresh(self._known, newest)) == _NEWEST
            if not all_new and total == await tx.computes.count(self.workspace):
                return newest, False
        self._whole_at = now + self.pace.whole
        return await tx.computes.versions(self.workspace), True

    def _tell(
        self, known: dict[str, Version], found: Mapping[str, Compute], gone: Iterable[str]
    ) -> None:
        # What is gone comes first: a new instance may have taken its name, and so its ARM id.
        changes = [self._numbered(each, known.pop(each).name, None) for each in gone]
        changes += [self._numbered(each, one.name, one) for each, one in found.items()]
        known.update({each: Version(one.name, one.etag) for each, one in found.items()})
        if changes:
            for listener in self.listeners:
                listener.tell(changes, self._number)

    def _numbered(self, compute_id: str, name: str, compute: Compute | None) -> Change:
        self._number += 1
        self._told.pop(compute_id, None)
        self._told[compute_id] = self._number, name
        if len(self._told) > _REMEMBERED:
            oldest = next(iter(self._told))
            self._forgotten = self._told.pop(oldest)[0]
        return Change(self._number, compute_id, name, compute)

    def _lose(self) -> None:
        self._number += 1
        self._forgotten = self._number
        self._told.clear()
        for listener in self.listeners:
            listener.lose(self._number)

    async def _catch_up(self, listener: Listener, epoch: str, number: int) -> None:
        """Tell what happened since a change, if that is known."""
        missed = {each: told for each, told in self._told.items() if told[0] > number}
        unknown = epoch != self.epoch or not self._forgotten <= number <= self._number
        if unknown or len(missed) > MOST_AT_ONCE:
            listener.lose(self._number)
            return
        async with self.database.reading() as tx:
            found = await tx.computes.by_ids(list(missed))
        changes = [Change(told[0], each, told[1], found.get(each)) for each, told in missed.items()]
        if changes:
            listener.tell(changes, self._number)


def _fresh(known: Mapping[str, Version], seen: Mapping[str, Version]) -> list[str]:
    return [each for each, version in seen.items() if known.get(each) != version]


class Watchers:
    """Every workspace's watcher, and how many streams each person has."""

    def __init__(self, database: Database, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self._database = database
        self._watchers: dict[str, Watcher] = {}
        self._streams: Counter[str] = Counter()
        self._people: dict[Listener, str] = {}
        self.closed = False
        database.on_computes_written(self._hint)

    @contextlib.contextmanager
    def streaming(self, person: str) -> Iterator[None]:
        """Count a stream of a person's.

        :raises TooManyRequests: they have many.
        :raises Unavailable: the control plane is ending.
        """
        if self.closed:
            raise Unavailable("The control plane is being restarted. Try again in a moment.")
        if self._streams[person] >= MOST_PER_PERSON:
            raise TooManyRequests(
                f"You have {MOST_PER_PERSON} streams of changes open. Close a page of the studio.",
                retry_after=1,
            )
        self._streams[person] += 1
        try:
            yield
        finally:
            self._streams[person] -= 1
            if not self._streams[person]:
                del self._streams[person]

    @contextlib.asynccontextmanager
    async def listening(
        self, person: str, workspace: str, since: tuple[str, int] | None
    ) -> AsyncIterator[tuple[Watcher, Listener]]:
        """Listen to a workspace for the block.

        :param since: epoch and number of the last change that was told before.
        """
        watcher = self._watchers.setdefault(
            workspace, Watcher(self._database, workspace, self.pace)
        )
        try:
            listener = await watcher.listen(since)
            self._people[listener] = person
            try:
                yield watcher, listener
            finally:
                watcher.listeners.discard(listener)
                del self._people[listener]
        finally:
            self._keep_for_a_while(watcher)

    def right_ended(self, principal_id: str) -> None:
        """One of a person's rights has ended: have their streams look whether it was theirs."""
        for listener, person in self._people.items():
            if person == principal_id:
                listener.doubt()

    def end(self) -> None:
        """End every stream at once, and begin none."""
        self.closed = True
        for listener in self._people:
            listener.doubt()

    async def aclose(self) -> None:
        """End every stream and every task."""
        self.end()
        await asyncio.gather(*(each.close() for each in self._watchers.values()))

    def _hint(self) -> None:
        for watcher in self._watchers.values():
            watcher.hint()

    def _keep_for_a_while(self, watcher: Watcher) -> None:
        """What a watcher knows is of use to a listener who comes back."""
        if not watcher.listeners:
            loop = asyncio.get_running_loop()
            loop.call_later(self.pace.linger, self._forget, watcher)

    def _forget(self, watcher: Watcher) -> None:
        if not watcher.listeners and self._watchers.get(watcher.workspace) is watcher:
            del self._watchers[watcher.workspace]
