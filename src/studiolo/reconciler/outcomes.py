"""Stores what came of the work: one transaction for the state, the operations and the quota.

Every write is guarded by the claim's token and by the instance's ETag. Where the guard fails,
nothing is written and the result is dropped: somebody else holds the claim, or a person has asked
for something else meanwhile, and the next look will see what is to be done.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain import lifecycle
from studiolo.domain.errors import Detail
from studiolo.domain.resources import Compute
from studiolo.domain.states import TRANSIENT, Event, State
from studiolo.reconciler.claims import Claim
from studiolo.store.database import Database
from studiolo.store.transaction import Transaction

RETRYING = "Retrying"
"""Code of an error that stands in the way for now, and is tried against."""


class Outcomes:
    """Writes results.

    :param changed: called after a write that others may be waiting for.
    """

    def __init__(self, database: Database, clock: Clock, changed: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._changed = changed

    async def apply(
        self, claim: Claim, event: Event, reason: str | None, *, look_again: bool = False
    ) -> bool:
        """Move the instance by `event`, end its operations, and release the claim.

        :param look_again: whether the new state needs another look at once.
        :returns: False when the result was dropped.
        """
        now = self._clock()
        before = claim.compute
        after = lifecycle.outcome(before, event, now, uuid4().hex, reason)
        due = now if look_again or after.state in TRANSIENT else None
        faults.point("reconcile.before_settle")
        async with self._database.transaction() as tx:
            if not await self._write(tx, claim, after, due):
                await tx.leases.release(before.id, token=claim.token)
                self._changed()
                return False
            await end_operations(tx, after, event, now)
        faults.point("reconcile.settled")
        self._changed()
        return True

    async def _write(
        self, tx: Transaction, claim: Claim, after: Compute, due: datetime | None
    ) -> bool:
        etag, token = claim.compute.etag, claim.token
        if after.state is not State.DELETED:
            return await tx.leases.settle(after, token=token, if_etag=etag, due_at=due, attempts=0)
        if not await tx.leases.remove(after.id, token=token, if_etag=etag):
            return False
        await tx.quota.release(after.id)
        # Who may use it was said of this instance, not of the next one with its name.
        await tx.roles.remove_below(after.arm_id)
        return True

    async def rest(self, claim: Claim, notice: str | None = None) -> None:
        """Nothing to do: look again only when something changes.

        :param notice: what a person should know of a machine that runs well.
        """
        compute = claim.compute
        if compute.state is State.RUNNING:
            compute = replace(compute, errors=lifecycle.errors_of(compute.state, notice))
        await self._put(claim, compute, due=None, attempts=0)

    async def later(
        self, claim: Claim, seconds: float, attempts: int, trouble: str | None = None
    ) -> None:
        """Look again in `seconds`.

        :param trouble: what stands in the way, shown to a person while it lasts.
        """
        compute = _with_trouble(claim.compute, trouble)
        due = self._clock() + timedelta(seconds=seconds)
        if compute.deadline is not None:
            due = min(due, compute.deadline)
        await self._put(claim, compute, due=due, attempts=attempts)

    async def _put(
        self, claim: Claim, compute: Compute, *, due: datetime | None, attempts: int
    ) -> None:
        if compute.errors != claim.compute.errors:
            # A client sees another instance now, so that it has another ETag, and who watches is
            # told. The same trouble once more is no change.
            compute = replace(compute, etag=uuid4().hex)
        faults.point("reconcile.before_pause")
        async with self._database.transaction() as tx:
            settled = await tx.leases.settle(
                compute,
                token=claim.token,
                if_etag=claim.compute.etag,
                due_at=due,
                attempts=attempts,
            )
            if not settled:
                await tx.leases.release(compute.id, token=claim.token)
                self._changed()

    async def release(self, claim: Claim) -> None:
        """Give the claim back with nothing changed: the instance stays due."""
        async with self._database.transaction() as tx:
            await tx.leases.release(claim.compute.id, token=claim.token)


def _with_trouble(compute: Compute, trouble: str | None) -> Compute:
    """Show what stands in the way, or no longer; a state that has failed keeps its own reason."""
    if compute.state not in TRANSIENT and compute.state is not State.RUNNING:
        return compute
    if trouble is not None:
        return replace(compute, errors=(Detail(RETRYING, trouble),))
    if any(error.code == RETRYING for error in compute.errors):
        return replace(compute, errors=())
    return compute


async def end_operations(tx: Transaction, after: Compute, event: Event, now: datetime) -> None:
    """End the instance's open operations as far as `event` has ended them."""
    for operation in await tx.operations.open_for(after.id):
        status = lifecycle.operation_end(operation.kind, after.state, event)
        if status is None:
            continue
        error = after.errors[0] if event in lifecycle.FAILURES and after.errors else None
        await tx.operations.end(operation, status, now, error)
