"""A reconciler over the fake engine and a real database, with a clock that tests move."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from studiolo.domain import lifecycle
from studiolo.domain.machine import Recipe
from studiolo.domain.quota import TOTAL
from studiolo.domain.regions import Region
from studiolo.domain.resources import Compute, Operation, Workspace
from studiolo.domain.sizes import Catalogue, Size
from studiolo.domain.states import Event, State
from studiolo.engines.base import Engine
from studiolo.engines.fake import FakeEngine, FakeWorld
from studiolo.files.shares import WorkspaceShares
from studiolo.reconciler import Pace, Reconciler, Specs
from studiolo.reconciler.outcomes import end_operations
from studiolo.store.database import Database
from tests.support.machines import compute_in
from tests.support.values import NOW, a_workspace, an_operation

DEPLOYMENT = "deployment-1"
FAMILY = "standardDSv2Family"
REGION = Region("local", Catalogue([Size("Standard_DS3_v2", FAMILY, vcpus=4, memory_gib=14)]))
SPECS = Specs({"local": REGION}, DEPLOYMENT, studio_origin="https://studiolo.localhost")


class MovedClock:
    """A clock that only its test moves; sleeping moves it, too."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class Bench:
    """A store, a fake engine and one replica of the reconciler, driven step by step."""

    def __init__(
        self,
        database: Database,
        *,
        clock: MovedClock | None = None,
        world: FakeWorld | None = None,
        pace: Pace | None = None,
        engine: Engine | None = None,
        shares: WorkspaceShares | None = None,
    ) -> None:
        self.database = database
        self.clock = clock or MovedClock()
        self.world = world or FakeWorld()
        self.world.recording = True
        self.engine = engine or FakeEngine(DEPLOYMENT, world=self.world, clock=self.clock)
        self.workspace = a_workspace()
        self._pace, self._shares = pace or Pace(), shares
        self.reconciler = self._replica(self.engine)

    def _replica(self, engine: Engine) -> Reconciler:
        return Reconciler(
            self.database,
            {"local": engine},
            SPECS,
            pace=self._pace,
            clock=self.clock,
            sleep=self.clock.sleep,
            shares=self._shares,
        )

    async def open(self) -> None:
        async with self.database.transaction() as tx:
            await tx.workspaces.add(self.workspace)

    async def create(self, **changes: Any) -> Compute:
        """What the API does for a PUT: quota, row and operation in one transaction."""
        changes.setdefault("workspace", self.workspace)
        compute = compute_in(State.CREATING, at=self.clock(), **changes)
        async with self.database.transaction() as tx:
            await tx.quota.reserve(compute.id, "local", FAMILY, 4, {FAMILY: 4000, TOTAL: 4000})
            await tx.computes.add(compute, due_at=self.clock())
            await tx.operations.add(an_operation(compute.id, started_at=self.clock()))
        return compute

    async def running(self, **changes: Any) -> Compute:
        """An instance that has come to run."""
        compute = await self.create(**changes)
        await self.settle()
        return await self.read(compute)

    async def stopped(self, **changes: Any) -> Compute:
        """An instance that ran and was stopped by its owner."""
        compute = await self.running(**changes)
        await self.request(compute, Event.STOP)
        await self.settle()
        return await self.read(compute)

    async def request(
        self, compute: Compute, event: Event, recipe: Recipe | None = None, **changes: Any
    ) -> Operation:
        """What the API does for a POST or DELETE; `changes` are of the row, with a resize."""
        now = self.clock()
        kind = lifecycle.operation_kind(event)
        operation = an_operation(compute.id, kind=kind, started_at=now)
        async with self.database.transaction() as tx:
            present = await tx.computes.by_id(compute.id)
            assert present is not None
            wanted = replace(present, **changes)
            asked = lifecycle.request(wanted, event, now, uuid4().hex, recipe=recipe)
            await end_operations(tx, asked, event, now)
            assert await tx.computes.save(asked, if_etag=present.etag, due_at=now)
            await tx.operations.add(operation)
        return operation

    async def resize_in_place(self, compute: Compute, **changes: Any) -> None:
        """What the API does for a resize of a stopped instance."""
        async with self.database.transaction() as tx:
            present = await tx.computes.by_id(compute.id)
            assert present is not None
            wanted = replace(present, **changes)
            after = lifecycle.resized_in_place(wanted, self.clock(), uuid4().hex)
            assert await tx.computes.save(after, if_etag=present.etag, due_at=self.clock())

    def use(self, engine: Engine) -> None:
        """Go on with another engine, as a control plane that was started anew."""
        self.reconciler = self._replica(engine)

    async def settle(self, most: int = 200) -> None:
        """Work until nothing is due at this instant."""
        for _ in range(most):
            claimed = await self.reconciler.claim_due()
            await self.reconciler.settled()
            if not claimed:
                return
        raise AssertionError("there is always something due")

    async def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass, and do in it what falls due."""
        end = self.clock() + timedelta(seconds=seconds)
        while self.clock() < end:
            self.clock.advance(step)
            await self.settle()

    async def sweep(self) -> None:
        """Compare machines with the store, and do what that finds."""
        await self.reconciler.sweep()
        await self.settle()

    async def find(self, compute: Compute) -> Compute | None:
        async with self.database.reading() as tx:
            return await tx.computes.by_id(compute.id)

    async def read(self, compute: Compute) -> Compute:
        found = await self.find(compute)
        assert found is not None, "the instance is gone"
        return found

    async def state(self, compute: Compute) -> State:
        return (await self.read(compute)).state

    async def operation(self, operation: Operation) -> Operation:
        async with self.database.reading() as tx:
            found = await tx.operations.get(operation.id)
        assert found is not None
        return found

    async def last(self, compute: Compute | Workspace, kind: str) -> Operation:
        async with self.database.reading() as tx:
            found = await tx.operations.last(compute.id, kind=kind)
        assert found is not None
        return found

    async def told(self, scope: str = "") -> list[tuple[str, str, str, str]]:
        """The activity log, oldest first: action, status, who asked, and the detail."""
        async with self.database.reading() as tx:
            lines = await tx.activity.page(scope, None, 100)
        told = [entry for _, entry in reversed(lines)]
        return [(each.operation, each.status, each.principal_name, each.detail) for each in told]

    async def used(self) -> int:
        """vCPUs in use in the region."""
        async with self.database.reading() as tx:
            return sum(each.used for each in await tx.quota.usage("local") if each.family == TOTAL)

    def calls(self, verb: str) -> Sequence[str]:
        """Ids of the machines that `verb` was called for, in order."""
        return [machine for called, machine in self.world.calls if called == verb]
