"""Brings evacuations and restores of a region's members to their ends.

The operation says what is wanted until the engine's mark on the member does; from then on the mark
moves the machines (`moving.py`), and here is only seen how many are left. Killed at any instant,
the next round finds the operation open and does the same again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain.errors import Detail
from studiolo.domain.members import EVACUATE, KINDS, name_in
from studiolo.domain.resources import Operation, OperationStatus
from studiolo.engines.base import Engine, EngineError, Host, Hosts, Permanent, Stuck
from studiolo.store.database import Database

log = structlog.get_logger(__name__)


class Members:
    """One round looks at every open operation on members of one region.

    :param patience: seconds for which a machine may be tried in vain while no other leaves.
    """

    def __init__(self, database: Database, *, clock: Clock, patience: float) -> None:
        self._database = database
        self._clock = clock
        self._patience = timedelta(seconds=patience)
        self._tried: dict[str, tuple[datetime, tuple[Stuck, ...]]] = {}
        self._still: dict[str, tuple[int, datetime]] = {}
        """By operation: machines left, and since when so many. A restart begins to count anew."""

    def tried(self, location: str, stuck: Sequence[Stuck], began: datetime) -> None:
        """Every machine that was to leave its host at `began` was tried; these have not left."""
        self._tried[location] = (began, tuple(stuck))

    async def round(self, location: str, engine: Engine) -> bool:
        """Do the next step of each; returns whether machines must leave a member now."""
        async with self._database.reading() as tx:
            wanted = await tx.operations.open_in(location, KINDS)
        if not wanted:
            return False
        try:
            found = await engine.hosts() if isinstance(engine, Hosts) else ()
            hosts = {each.name: each for each in found}
            return any([await self._step(engine, each, hosts) for each in wanted])
        except EngineError as error:
            log.warning("members are looked at again", location=location, reason=str(error))
            return False

    async def _step(self, engine: Engine, wanted: Operation, hosts: Mapping[str, Host]) -> bool:
        name = name_in(wanted.scope)
        host, leave = hosts.get(name), wanted.kind == EVACUATE
        if host is None or not isinstance(engine, Hosts):
            gone = f"The region '{wanted.location}' has no member '{name}' any more."
            await self._end(wanted, Detail("MemberNotFound", gone))
        elif host.emptied != leave:
            return await self._mark(engine, wanted, name, leave=leave)
        elif leave and host.machines:
            trouble = await self._trouble(wanted, host)
            if trouble is not None:
                await self._end(wanted, Detail("InstancesNotMoved", trouble))
        elif not leave and host.answers and not host.open:
            await self._end(wanted, Detail("MemberNotRestored", _kept_closed(host)))
        else:
            await self._end(wanted)
        return False

    async def _mark(self, engine: Hosts, wanted: Operation, name: str, *, leave: bool) -> bool:
        """Tell the engine what is wanted of a member; returns whether machines are to leave it."""
        faults.point("members.before_mark")
        await (engine.empty_host if leave else engine.fill_host)(name)
        faults.point("members.marked")
        async with self._database.reading() as tx:
            now = await tx.operations.get(wanted.id)
        if now is not None and now.status is OperationStatus.CANCELED:
            # A later request may have been brought about in between, by another replica.
            await (engine.fill_host if leave else engine.empty_host)(name)
            return not leave
        return leave

    async def _end(self, wanted: Operation, error: Detail | None = None) -> None:
        self._still.pop(wanted.id, None)
        status = OperationStatus.SUCCEEDED if error is None else OperationStatus.FAILED
        faults.point("members.before_end")
        async with self._database.transaction() as tx:
            await tx.operations.end(wanted, status, self._clock(), error)
        log.info("member", scope=wanted.scope, asked=wanted.kind, ended=status.value)

    async def _trouble(self, wanted: Operation, host: Host) -> str | None:
        """Why the machines that are left will not leave soon; None while there is hope."""
        now, left = self._clock(), host.machines
        known, since = self._still.get(wanted.id, (left, now))
        if known != left:
            since = now
        self._still[wanted.id] = (left, since)
        here = self._stuck(wanted, host)
        if host.answers and not here:
            return None  # one is on its way: large disks take their time
        final = len(here) >= left and all(isinstance(each.error, Permanent) for each in here)
        if not final and now - since < self._patience:
            return None
        reasons = [await self._said(each) for each in here] or [f"'{host.name}' does not answer."]
        return (
            f"Not every instance could be moved off '{host.name}': {left} left. "
            f"{' '.join(reasons)} It takes no instances, and those are tried further: evacuate it "
            "again to wait for them, or restore it to keep them there."
        )

    def _stuck(self, wanted: Operation, host: Host) -> list[Stuck]:
        """What was tried in vain since the operation began."""
        began, stuck = self._tried.get(wanted.location, (wanted.started_at, ()))
        if began < wanted.started_at:
            return []
        return [each for each in stuck if each.host == host.name]

    async def _said(self, stuck: Stuck) -> str:
        async with self._database.reading() as tx:
            compute = await tx.computes.by_id(stuck.machine)
        what = f"The instance '{compute.name}'" if compute else f"The machine {stuck.machine}"
        return f"{what} could not be moved: {str(stuck.error).rstrip('.')}."


def _kept_closed(host: Host) -> str:
    return (
        f"The cluster itself says that '{host.name}' is {host.status}, so it takes no instances. "
        "Restore it with the daemon's own command (`incus cluster restore`, `lxc cluster restore`)."
    )
