"""Claims on instances: taken, renewed while work goes on, and watched for being lost.

A claim lets one reconciler at a time act on a machine. Its end is compared with this process's own
clock before every action, so that a process which was suspended past the end acts no more. Its
token is named in every write, so that whatever such a process finished late is dropped.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from studiolo.clock import Clock
from studiolo.domain.resources import Compute
from studiolo.store.database import Database


@dataclass(eq=False, slots=True)
class Claim:
    """One instance under work in this process.

    :param compute: as it was last read.
    :param attempts: actions since the last progress, see :func:`studiolo.domain.decide.decide`.
    :param until: when the claim ends unless it is renewed.
    """

    compute: Compute
    attempts: int
    token: str
    until: datetime
    lost: bool = False

    def holds(self, now: datetime) -> bool:
        """Whether this process may still act on the machine."""
        return not self.lost and now < self.until


class Claims:
    """Every claim of this process."""

    def __init__(
        self, database: Database, locations: Sequence[str], clock: Clock, lease_seconds: float
    ) -> None:
        self._database = database
        self._locations = locations
        self._clock = clock
        self._lease = timedelta(seconds=lease_seconds)
        self._open: set[Claim] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def take(self, limit: int) -> list[Claim]:
        """Claim up to `limit` due instances."""
        now, token = self._clock(), uuid4().hex
        until = now + self._lease
        async with self._database.transaction() as tx:
            found = await tx.leases.claim(
                now=now, until=until, token=token, limit=limit, locations=self._locations
            )
        taken = [Claim(compute, attempts, token, until) for compute, attempts in found]
        self._open.update(taken)
        return taken

    async def inherit(self) -> None:
        """Give back what a process that has died left claimed; only where no other one can run."""
        async with self._database.transaction() as tx:
            await tx.leases.release_all(self._locations)

    def drop(self, claim: Claim) -> None:
        """Stop renewing: the claim is settled, given back or lost."""
        self._open.discard(claim)

    async def renew(self) -> None:
        """Put the end of every open claim off; mark those that somebody else has taken."""
        batches: dict[str, list[Claim]] = defaultdict(list)
        for claim in self._open:
            batches[claim.token].append(claim)
        for token, batch in batches.items():
            await self._renew(token, batch)

    async def _renew(self, token: str, batch: list[Claim]) -> None:
        until = self._clock() + self._lease
        async with self._database.transaction() as tx:
            held = await tx.leases.renew(
                [claim.compute.id for claim in batch], token=token, until=until
            )
        for claim in batch:
            if claim.compute.id in held:
                claim.until = until
            elif claim in self._open:
                claim.lost = True

    async def heartbeat(self) -> None:
        """Renew at a third of the lease, so that two heartbeats may fail."""
        await asyncio.sleep(self._lease.total_seconds() / 3)
        await self.renew()
