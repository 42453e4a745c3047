"""Snapshots of an instance: asked of its engine, within the request.

They are the machine's own and nothing of them is stored, so that what the API shows is what there
is. No database session is open while the engine works.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from studiolo.api.computes.abilities import snapshots_in
from studiolo.api.computes.service import ComputeService
from studiolo.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from studiolo.domain.resources import Compute
from studiolo.domain.states import State
from studiolo.engines.base import EngineError, Permanent, Snapshot, Snapshots
from studiolo.engines.saying import details

_log = structlog.get_logger("studiolo.api")

MOST = 20
"""Snapshots of one instance: each holds on to whatever is deleted or changed after it."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)
_OF_A_COPY = re.compile(r"ci-[0-9a-f]{16}", re.ASCII)
"""What an engine calls the snapshot that a copy is made from, for as long as that takes."""

_SETTLED = frozenset({State.RUNNING, State.STOPPED, State.UNUSABLE})

_SECONDS = 60.0
"""How long an engine may take; a snapshot is a matter of a second or two."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """The snapshots of one instance, and who asks."""

    asked: ComputeService
    compute: Compute
    engine: Snapshots

    @classmethod
    async def of(cls, asked: ComputeService) -> "Keeper":
        """The keeper of the instance that a request names.

        :raises NotFound: there is none.
        :raises InvalidInput: its region's machines keep no snapshots.
        """
        compute = await asked.get()
        return cls(asked, compute, snapshots_in(asked.services, compute.location))

    async def all(self) -> tuple[Snapshot, ...]:
        """Those that people made, oldest first."""
        async with self._patiently():
            found = await self.engine.snapshots(self.compute.id)
        return tuple(each for each in found if not _OF_A_COPY.fullmatch(each.name))

    async def find(self, name: str) -> Snapshot | None:
        """The one of that name."""
        return next((each for each in await self.all() if each.name == name), None)

    async def require(self, name: str) -> Snapshot:
        """The one of that name.

        :raises NotFound: there is none.
        """
        found = await self.find(name)
        if found is None:
            raise NotFound(
                f"Compute '{self.compute.name}' has no snapshot '{name[:80]}'.", target=name[:80]
            )
        return found

    async def make(self, name: str, action: str) -> tuple[Snapshot, bool]:
        """Keep the present state, unless there is one of that name; and whether it is new.

        :raises StudioloError: the name is none, there are too many, the instance is on its way to
            another state, or the engine fails.
        """
        _check_name(name)
        self._require_settled()
        present = await self.all()
        for each in present:
            if each.name == name:
                return each, False
        if len(present) >= MOST:
            raise Conflict(
                f"Compute '{self.compute.name}' has {len(present)} snapshots, and may have {MOST}. "
                "Delete one that is not needed.",
                target=name,
            )
        await self._note(action, name)
        async with self._patiently():
            await self.engine.snapshot(self.compute.id, name)
        return await self.require(name), True

    async def remove(self, name: str, action: str) -> bool:
        """Forget one; False if there is none.

        :raises StudioloError: the instance is on its way to another state, or the engine fails.
        """
        if await self.find(name) is None:
            return False
        self._require_settled()
        await self._note(action, name)
        async with self._patiently():
            await self.engine.remove_snapshot(self.compute.id, name)
        return True

    def _require_settled(self) -> None:
        if self.compute.state not in _SETTLED:
            raise Conflict(
                f"Compute '{self.compute.name}' is {self.compute.state}: its snapshots are made "
                "and deleted while it is Running or Stopped.",
                target=self.compute.name,
            )

    async def _note(self, action: str, name: str) -> None:
        """The activity line, before anything happens: none of it goes unrecorded."""
        call = self.asked.call(action)
        async with self.asked.services.database.transaction() as tx:
            scope = f"{self.compute.arm_id}/snapshots/{name}"
            await call.note(tx, scope, status="Accepted")

    @contextlib.asynccontextmanager
    async def _patiently(self) -> AsyncIterator[None]:
        """Bound what the engine takes, and say in the API's words what it says."""
        name = self.compute.name
        try:
            async with asyncio.timeout(_SECONDS):
                yield
        except TimeoutError:
            raise Unavailable(
                f"The engine took longer than {_SECONDS:g} s over the snapshots of compute "
                f"'{name}'. Try again: what it has begun it finishes.",
                target=name,
            ) from None
        except EngineError as error:
            if told := details(error):
                _log.warning("engine error", compute=self.compute.id, details=told)
            kind = Conflict if isinstance(error, Permanent) else Unavailable
            raise kind(str(error), target=name) from None


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or _OF_A_COPY.fullmatch(name):
        raise InvalidInput(
            f"'{name[:80]}' is no name for a snapshot: use 1 to 32 lower-case letters, digits and "
            "'-', not at an end, and nothing like the id of a machine.",
            target="name",
        )
